"""Calls AWS's API by boto3. Each line of the input is `[SERVICE, OPERATION, ARGUMENTS]`, and each line of the output
the answer to it, all pages of it: `{"answer": ...}` or `{"error": "..."}`."""

import functools
import json
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

client_of = functools.cache(boto3.client)


def call(service, operation, arguments):
    client = client_of(service)
    if client.can_paginate(operation):
        answer = client.get_paginator(operation).paginate(**arguments).build_full_result()
    else:
        answer = getattr(client, operation)(**arguments)
    answer.pop("ResponseMetadata", None)
    return answer


for line in sys.stdin:
    try:
        said = {"answer": call(*json.loads(line))}
    except (BotoCoreError, ClientError) as error:
        said = {"error": str(error)}
    print(json.dumps(said, default=str), flush=True)
