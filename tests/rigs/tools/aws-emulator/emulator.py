"""Starts ministack, with what it lacks for this template.

Each thing is done through the emulator's own services:
* an HTTP API whose routes are given as an OpenAPI body, as SAM writes them;
* versions and aliases of state machines;
* a secret is referred to by its ARN, and generated without the characters that are excluded;
* what CodeDeploy needs to shift traffic, which moves at once here;
* alarms on an expression, which are made of their first metric here;
* an execution runs the version that the alias leads to, and can be redriven: its failed state is entered again;
* which state machine a task token belongs to, and which alias is described, which is what AWS allows or denies by;
* the identity and the sender's address by which SES allows or denies a mail, and the mail's configuration set.

A stack's API has the stack's name as its id, so that its address can be a parameter of its own deployment.
"""

import contextvars
import json
import string
import threading

from ministack import app
from ministack.core import iam_actions
from ministack.core.responses import now_iso
from ministack.services import apigateway, ses, stepfunctions
from ministack.services.cloudformation import provisioners


def done(answer):
    status, _, body = answer
    if status >= 400:
        raise ValueError(body)
    return json.loads(body or "{}")


def camel(properties):
    return {name[0].lower() + name[1:]: value for name, value in properties.items()}


def set_routes(api_id, properties):
    apigateway._routes[api_id] = {}
    apigateway._integrations[api_id] = {}
    for path, methods in properties.get("Body", {}).get("paths", {}).items():
        for method, operation in methods.items():
            integration = operation["x-amazon-apigateway-integration"]
            integration = done(apigateway._create_integration(api_id, {
                "integrationType": "AWS_PROXY",
                "integrationUri": integration["uri"],
                "payloadFormatVersion": integration["payloadFormatVersion"],
            }))
            name = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            done(apigateway._create_route(api_id, {
                "routeKey": path if path == "$default" else f"{name} {path}",
                "authorizationType": "AWS_IAM" if {"AWS_IAM": []} in operation.get("security", []) else "NONE",
                "target": f"integrations/{integration['integrationId']}",
            }))


def create_api(logical_id, properties, stack_name):
    properties = {**properties, "Tags": {**properties.get("Tags", {}), "ms-custom-id": stack_name}}
    api_id, attributes = provisioners._apigw_v2_api_create(logical_id, properties, stack_name)
    set_routes(api_id, properties)
    return api_id, attributes


def update_api(physical_id, old, new, *more):
    api_id, attributes = provisioners._apigw_v2_api_update(physical_id, old, new, *more)
    set_routes(api_id, new)
    return api_id, attributes


def create_version(_logical_id, properties, _stack_name):
    version = done(stepfunctions._publish_state_machine_version({
        "stateMachineArn": properties["StateMachineArn"],
        "revisionId": properties["StateMachineRevisionId"],
    }))["stateMachineVersionArn"]
    return version, {"Arn": version}


def update_version(_physical_id, _old, new, *_more):
    return create_version(None, new, None)


def routing(properties):
    version = properties["DeploymentPreference"]["StateMachineVersionArn"]
    return [{"stateMachineVersionArn": version, "weight": 100}]


def create_alias(_logical_id, properties, _stack_name):
    alias = done(stepfunctions._create_state_machine_alias({
        "name": properties["Name"], "routingConfiguration": routing(properties),
    }))["stateMachineAliasArn"]
    return alias, {"Arn": alias}


def update_alias(physical_id, _old, new, *_more):
    done(stepfunctions._update_state_machine_alias({
        "stateMachineAliasArn": physical_id, "routingConfiguration": routing(new),
    }))
    return physical_id, {"Arn": physical_id}


handlers = provisioners._RESOURCE_HANDLERS
handlers["AWS::ApiGatewayV2::Api"] |= {"create": create_api, "update": update_api}
handlers["AWS::StepFunctions::StateMachineVersion"] = {
    "create": create_version, "update": update_version, "delete": lambda *_: None,
}
handlers["AWS::StepFunctions::StateMachineAlias"] = {
    "create": create_alias, "update": update_alias, "delete": lambda *_: None,
}

secret = dict(handlers["AWS::SecretsManager::Secret"])
secret_string = provisioners._sm_secret_string


def without_punctuation(properties):
    generate = properties.get("GenerateSecretString")
    if generate and generate.get("ExcludePunctuation"):
        generate = {**generate, "ExcludeCharacters": string.punctuation}
        properties = {**properties, "GenerateSecretString": generate}
    return secret_string(properties)


def name_of(arn):
    return arn.split(":secret:")[1][:-len("-abcdef")]


def create_secret(*arguments):
    _, attributes = secret["create"](*arguments)
    return attributes["Arn"], attributes


def update_secret(arn, *more):
    _, attributes = secret["update"](name_of(arn), *more)
    return arn, attributes


provisioners._sm_secret_string = without_punctuation
handlers["AWS::SecretsManager::Secret"] |= {
    "create": create_secret, "update": update_secret,
    "delete": lambda arn, *more: secret["delete"](name_of(arn), *more),
}

for kind in ("Application", "DeploymentGroup"):
    handlers[f"AWS::CodeDeploy::{kind}"] = {
        "create": lambda logical_id, *_: (logical_id, {}),
        "update": lambda physical_id, *_: (physical_id, {}),
        "delete": lambda *_: None,
    }

alarm_record = provisioners._cw_metric_alarm_record


def record_of_first_metric(name, properties):
    stats = [metric["MetricStat"] for metric in properties.get("Metrics", []) if "MetricStat" in metric]
    if stats:
        properties = {key: value for key, value in properties.items() if key != "Metrics"}
        properties |= {**stats[0]["Metric"], "Period": stats[0]["Period"], "Statistic": stats[0]["Stat"]}
    return alarm_record(name, properties)


provisioners._cw_metric_alarm_record = record_of_first_metric

execute_task = stepfunctions._execute_task
start_execution = stepfunctions._start_execution
handle_states = stepfunctions.handle_request
definition = contextvars.ContextVar("the definition that an execution was started with")
failed = {}


def start_version(data):
    version = stepfunctions._execution_version_arn(data["stateMachineArn"])
    if version:
        # The thread that runs the execution begins with a copy of this context.
        definition.set(json.loads(stepfunctions._state_machine_versions[version]["definition"]))
    return start_execution(data)


def run_execution(arn, redrives=0):
    machine = definition.get()
    execution = stepfunctions._executions[arn]
    given = json.loads(execution["input"])
    _, state, entered_with, variables = failed.pop(arn, (None, machine["StartAt"], given, {}))
    context = {
        "QueryLanguage": machine["QueryLanguage"],
        "Execution": {
            "Id": arn, "Input": given, "Name": execution["name"], "StartTime": execution["startDate"],
            "RedriveCount": redrives,
        },
        "StateMachine": {"Id": execution["stateMachineArn"]},
        "variables": variables,
    }
    try:
        output = stepfunctions._run_sub_machine(machine["States"], state, entered_with, execution, context)
    except stepfunctions._ExecutionError as error:
        if execution["status"] == "RUNNING":
            entered = context["State"]["Name"], context["given"], context["variables"]
            failed[arn] = (contextvars.copy_context(), *entered)
            stepfunctions._fail_execution(execution, error.error, error.cause)
        return
    if execution["status"] == "RUNNING":
        execution |= {"status": "SUCCEEDED", "output": json.dumps(output), "stopDate": now_iso()}
        stepfunctions._emit_execution_status_event(execution)


def execute_and_remember(state, given, execution, context):
    context["given"] = given
    return execute_task(state, given, execution, context)


def redrive_execution(data):
    arn = data["executionArn"]
    execution = stepfunctions._executions[arn]
    if execution["status"] != "FAILED":
        return stepfunctions.error_response_json("ExecutionNotRedrivable", "It has not failed", 400)
    redrives = execution.get("redriveCount", 0) + 1
    execution |= {"status": "RUNNING", "stopDate": None, "redriveCount": redrives}
    threading.Thread(target=failed[arn][0].run, args=(run_execution, arn, redrives), daemon=True).start()
    return stepfunctions.json_response({"redriveDate": now_iso()})


async def handle_redrives(method, path, headers, body, query):
    if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
        return stepfunctions._finalize_response(redrive_execution(json.loads(body)))
    return await handle_states(method, path, headers, body, query)


stepfunctions._execute_task = execute_and_remember
stepfunctions._start_execution = start_version
stepfunctions._run_execution = run_execution
stepfunctions.handle_request = handle_redrives

send_raw_email = ses._send_raw_email


def send_in_configuration_set(query):
    answer = send_raw_email(query)
    if answer[0] == 200:
        # The emulator's list of mails has no field for it, and the operation is the same for all.
        ses._sent_emails_list()[-1]["Type"] = query["ConfigurationSetName"][0]
    return answer


ses._send_raw_email = send_in_configuration_set

machines = {}
invoke_with_callback = stepfunctions._invoke_with_callback
extract_resource_arn = iam_actions.extract_resource_arn
request_tag_context = iam_actions.request_tag_context


def remember_machine(resource, arguments, token, state):
    # The request's id is the name of its execution.
    name = arguments["Payload"]["requestId"]
    for arn, execution in list(stepfunctions._executions.items()):
        if arn.endswith(f":{name}"):
            machines[token] = execution["stateMachineArn"]
    return invoke_with_callback(resource, arguments, token, state)


def resource_arn(service, method, path, headers, body, *more):
    arn = extract_resource_arn(service, method, path, headers, body, *more)
    if service == "states" and arn == "*" and body:
        named = json.loads(body)
        return named.get("stateMachineAliasArn") or machines.get(named.get("taskToken"), arn)
    if service == "ses" and (source := sender(more[0])):
        return f"arn:aws:ses:{more[1]}:{more[2]}:identity/{source.partition('@')[2]}"
    return arn


def sender(query):
    return (query.get("Source") or [""])[0]


def conditions(service, action, body, query):
    keys = request_tag_context(service, action, body, query)
    return keys | {"ses:FromAddress": sender(query)} if service == "ses" else keys


stepfunctions._invoke_with_callback = remember_machine
iam_actions.extract_resource_arn = resource_arn
iam_actions.request_tag_context = conditions
app.main()
