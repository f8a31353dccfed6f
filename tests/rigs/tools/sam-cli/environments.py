"""Prints each environment of a samconfig file as SAM reads it: its stack, and the parameters of `sam build` and `sam deploy`."""

import json
import sys
from pathlib import Path

from samcli.cli.types import CfnParameterOverridesType, CfnTags
from samcli.lib.config.samconfig import SamConfig

path = Path(sys.argv[1])


def options(command, environment):
    """What a command is told. It is read anew for each, since SAM merges into what it has read."""
    return SamConfig(path.parent, path.name).get_all([command], "parameters", environment)


def parameters(command, environment):
    given = options(command, environment).get("parameter_overrides", [])
    return CfnParameterOverridesType().convert(given, None, None)


print(
    json.dumps(
        {
            environment: {
                "stack": options("deploy", environment)["stack_name"],
                "build": parameters("build", environment),
                "deploy": parameters("deploy", environment),
                "tags": CfnTags(multiple_values_per_key=False).convert(
                    tuple(options("deploy", environment)["tags"]), None, None
                ),
            }
            for environment in SamConfig(path.parent, path.name).get_stage_configuration_names()
        }
    )
)
