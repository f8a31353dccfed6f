"""Calls AWS's API by boto3: `call.py SERVICE OPERATION JSON` prints the answer as JSON."""

import json
import sys

import boto3

service, operation, arguments = sys.argv[1:]
answer = getattr(boto3.client(service), operation)(**json.loads(arguments))
answer.pop("ResponseMetadata", None)
print(json.dumps(answer, default=str))
