"""What a Lambda function of the same kind does before its first event, in Python: the clients of
DynamoDB, SES and Step Functions by boto3, then the question for an event."""

import os
import urllib.request

import boto3

clients = [boto3.client(name) for name in ("dynamodb", "ses", "stepfunctions")]
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
urllib.request.urlopen(f"http://{api}/2018-06-01/runtime/invocation/next")
