"""Calls AWS's API by boto3: `call.py SERVICE OPERATION JSON` prints the answer as JSON, all pages of it."""

import json
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

service, operation, arguments = sys.argv[1:]
arguments = json.loads(arguments)
try:
    client = boto3.client(service)
    if client.can_paginate(operation):
        answer = client.get_paginator(operation).paginate(**arguments).build_full_result()
    else:
        answer = getattr(client, operation)(**arguments)
except (BotoCoreError, ClientError) as error:
    sys.exit(str(error))
answer.pop("ResponseMetadata", None)
print(json.dumps(answer, default=str))
