"""Prints the CloudFormation templates that SAM makes of a SAM template, one for each given set of parameter values.

SAM does this in the cloud, so a mistake in what it makes is otherwise found when a deployment fails.
"""

import copy
import json
import sys

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """The template names no policy of AWS's own, so nobody has to be asked for their ARNs."""

    def load(self):
        return {}


def pretend_packaged(template):
    """SAM expands only what was uploaded; local paths stand for uploads here."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for path in ("CodeUri", "DefinitionUri"):
            if isinstance(properties.get(path), str):
                properties[path] = {"Bucket": "bucket", "Key": "key"}


with open(sys.argv[1], encoding="utf-8") as file:
    template = yaml_parse(file)
pretend_packaged(template)
values = json.loads(sys.argv[2])
expanded = [transform(copy.deepcopy(template), each, NoManagedPolicies()) for each in values]
print(json.dumps(expanded, indent=2))
