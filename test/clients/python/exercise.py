"""Calls each operation of the simulator with boto3 in one protocol, and prints what it found as JSON.

Usage: exercise.py ENDPOINT PROTOCOL, where PROTOCOL is json or smithy-rpc-v2-cbor. The report contains the operations,
paginators, and modeled exceptions that worked, and the problems: each response that violates the service model of
botocore, and each exception that boto3 doesn't raise as its class.
"""

import json
import re
import sys
import urllib.request

import boto3
import botocore.exceptions
import botocore.session
from botocore.config import Config

ENDPOINT, PROTOCOL = sys.argv[1:]
OFFICE_2021, OFFICE_2024, OFFICE_2019 = "wsa-xrptsxx48", "wsa-5k2d09vnq", "wsa-hvh179sq6"
VISIO_2021, PROJECT_2021 = "wsa-pnwx3wblx", "wsa-50ff234bh"
FULL, VALUE, OLD, SUSPENDED, UPDATING = (
    "ws-office001",
    "ws-value0001",
    "ws-server2016",
    "ws-suspended1",
    "ws-updating01",
)

report = {"operations": [], "paginators": {}, "errors": {}, "raised": [], "problems": []}


def problem(text):
    report["problems"].append(text)


def control(method, path, body=None):
    """Calls the control endpoint of the simulator."""
    data = None if body is None else json.dumps(body).encode()
    urllib.request.urlopen(urllib.request.Request(f"{ENDPOINT}/_simulator{path}", data=data, method=method)).read()


def violations(shape, value, path, is_wire):
    """Yields the violations of a shape in a value: one of the wire (JSON), or one that botocore has parsed."""
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            yield f"{path} is not a structure"
            return
        for name in shape.required_members:
            if name not in value:
                yield f"{path}.{name} is missing"
        for name, member in value.items():
            if name == "ResponseMetadata" and not is_wire:
                continue
            if name not in shape.members:
                yield f"{path}.{name} is unknown"
            else:
                yield from violations(shape.members[name], member, f"{path}.{name}", is_wire)
    elif shape.type_name == "list":
        if not isinstance(value, list):
            yield f"{path} is not a list"
            return
        for index, item in enumerate(value):
            yield from violations(shape.member, item, f"{path}[{index}]", is_wire)
    elif shape.type_name == "timestamp":
        if isinstance(value, bool) or not isinstance(value, (int, float) if is_wire else object):
            yield f"{path} is not a timestamp"
        if not is_wire and not hasattr(value, "isoformat"):
            yield f"{path} is not a timestamp"
    elif shape.type_name == "boolean":
        if not isinstance(value, bool):
            yield f"{path} is not a boolean"
    elif shape.type_name in ("integer", "long"):
        if isinstance(value, bool) or not isinstance(value, int):
            yield f"{path} is not an integer"
    elif shape.type_name == "string":
        if not isinstance(value, str):
            yield f"{path} is not a string"
            return
        limits = shape.metadata
        if len(value) < limits.get("min", 0) or len(value) > limits.get("max", len(value)):
            yield f"{path} has an invalid length: {value!r}"
        if "enum" in limits and value not in limits["enum"]:
            yield f"{path} is not in the enum: {value!r}"
        if "pattern" in limits and not re.search(limits["pattern"], value):
            yield f"{path} doesn't match {limits['pattern']}: {value!r}"
    else:
        yield f"{path} has the unexpected type {shape.type_name}"


session = botocore.session.get_session()
loader = session.get_component("data_loader")
load_service_model = loader.load_service_model


def load_with_protocol(service, type_name, api_version=None):
    """Limits a service that supports several protocols to the one under test."""
    model = load_service_model(service, type_name, api_version)
    if type_name == "service-2" and PROTOCOL in model["metadata"].get("protocols", []):
        model["metadata"]["protocols"] = [PROTOCOL]
        model["metadata"]["protocol"] = PROTOCOL
    return model


loader.load_service_model = load_with_protocol
sdk = boto3.session.Session(
    botocore_session=session,
    aws_access_key_id="simulated",
    aws_secret_access_key="simulated",
    region_name="eu-central-1",
)


def client_of(service):
    client = sdk.client(service, endpoint_url=ENDPOINT, config=Config(retries={"total_max_attempts": 1}))

    def check_wire(parsed=None, response_dict=None, operation_model=None, **_):
        if PROTOCOL == "json" and response_dict["status_code"] == 200:
            body = json.loads(response_dict["body"])
            for text in violations(operation_model.output_shape, body, operation_model.name, True):
                problem(f"on the wire: {text}")

    if service != "sts":
        client.meta.events.register("before-parse", check_wire)
    return client


clients = {service: client_of(service) for service in ("workspaces", "resourcegroupstaggingapi", "sts")}
workspaces, tagging, sts = clients.values()
for name in ("workspaces", "resourcegroupstaggingapi"):
    found = clients[name].meta.service_model.resolved_protocol
    if found != PROTOCOL:
        problem(f"{name} uses {found}")


def call(client, operation, **parameters):
    """Calls an operation, and checks the response against the service model."""
    method = next(m for m, name in client.meta.method_to_api_mapping.items() if name == operation)
    output = getattr(client, method)(**parameters)
    shape = client.meta.service_model.operation_model(operation).output_shape
    for text in violations(shape, output, operation, False):
        problem(text)
    if operation not in report["operations"]:
        report["operations"].append(operation)
    return output


TYPES = {"AssociatedResourceTypes": ["APPLICATION"]}
CHANGE = {"WorkspaceId": FULL, "ApplicationId": PROJECT_2021}
CALLS = [
    (workspaces, "DescribeWorkspaces", {}),
    (workspaces, "DescribeWorkspacesConnectionStatus", {}),
    (workspaces, "DescribeTags", {"ResourceId": FULL}),
    (workspaces, "DescribeApplications", {}),
    (workspaces, "DescribeWorkspaceAssociations", {"WorkspaceId": FULL, **TYPES}),
    (
        workspaces,
        "DescribeApplicationAssociations",
        {"ApplicationId": OFFICE_2021, "AssociatedResourceTypes": ["WORKSPACE", "BUNDLE", "IMAGE"]},
    ),
    (workspaces, "DescribeWorkspaceBundles", {}),
    (workspaces, "DescribeBundleAssociations", {"BundleId": "wsb-00000001", **TYPES}),
    (workspaces, "DescribeImageAssociations", {"ImageId": "wsi-000000001", **TYPES}),
    (workspaces, "AssociateWorkspaceApplication", CHANGE),
    (workspaces, "DeployWorkspaceApplications", {"WorkspaceId": FULL}),
    (workspaces, "DisassociateWorkspaceApplication", CHANGE),
    (tagging, "GetResources", {}),
]
for client, operation, parameters in CALLS:
    call(client, operation, **parameters)

identity = call(sts, "GetCallerIdentity")
assumed = call(
    sts,
    "AssumeRole",
    RoleArn=f"arn:aws:iam::{identity['Account']}:role/wsap",
    RoleSessionName="test",
    ExternalId="secret",
    DurationSeconds=900,
)
if not assumed["AssumedRoleUser"]["AssumedRoleId"].endswith(":test"):
    problem("AssumedRoleId doesn't end with the session name")

# Each page of each paginator that boto3 has, and of the operations for which it has none.
PAGED = [
    (workspaces, "DescribeWorkspaces", {}, "Workspaces"),
    (workspaces, "DescribeWorkspacesConnectionStatus", {}, "WorkspacesConnectionStatus"),
    (workspaces, "DescribeWorkspaceBundles", {}, "Bundles"),
    (workspaces, "DescribeApplications", {"MaxResults": 5}, "Applications"),
    (
        workspaces,
        "DescribeApplicationAssociations",
        {"ApplicationId": OFFICE_2021, "AssociatedResourceTypes": ["WORKSPACE"]},
        "Associations",
    ),
    (tagging, "GetResources", {}, "ResourceTagMappingList"),
]
for client, operation, parameters, member in PAGED:
    method = next(m for m, name in client.meta.method_to_api_mapping.items() if name == operation)
    if client.can_paginate(method):
        sizes = [len(page[member]) for page in client.get_paginator(method).paginate(**parameters)]
    else:
        sizes, token = [], {}
        while token is not None:
            page = call(client, operation, **parameters, **token)
            sizes.append(len(page[member]))
            token = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    report["paginators"][operation] = sizes

# Each modeled exception of each operation, from a fault, must be raised as its class.
for client, operation, parameters in CALLS:
    report["errors"][operation] = []
    for shape in client.meta.service_model.operation_model(operation).error_shapes:
        control("PUT", "/faults", [{"fault": "Exception", "exception": shape.name, "message": "simulated"}])
        try:
            call(client, operation, **parameters)
            problem(f"{operation} doesn't raise {shape.name}")
        except client.exceptions.from_code(shape.name) as error:
            if type(error).__name__ != shape.name:
                problem(f"{operation} raises {type(error).__name__} for {shape.name}")
            has_message = any(name.lower() == "message" for name in shape.members)
            if has_message and error.response["Error"]["Message"] != "simulated":
                problem(f"{operation} loses the message of {shape.name}: {error.response['Error']}")
            report["errors"][operation].append(shape.name)
control("DELETE", "/faults")

# Exceptions that the simulator raises on its own.
TAG = {"TagFilters": [{"Key": "Department"}]}
RAISED = [
    ("AccessDeniedException", workspaces, "DescribeApplications", {}),
    ("ApplicationNotSupportedException", workspaces, "AssociateWorkspaceApplication", (FULL, OFFICE_2019)),
    ("ComputeNotCompatibleException", workspaces, "AssociateWorkspaceApplication", (VALUE, OFFICE_2024)),
    ("OperatingSystemNotCompatibleException", workspaces, "AssociateWorkspaceApplication", (OLD, OFFICE_2024)),
    ("IncompatibleApplicationsException", workspaces, "AssociateWorkspaceApplication", (FULL, OFFICE_2024)),
    ("ResourceAlreadyExistsException", workspaces, "AssociateWorkspaceApplication", (FULL, OFFICE_2021)),
    ("ResourceInUseException", workspaces, "AssociateWorkspaceApplication", (UPDATING, OFFICE_2021)),
    ("OperationNotSupportedException", workspaces, "AssociateWorkspaceApplication", (SUSPENDED, OFFICE_2021)),
    ("ResourceNotFoundException", workspaces, "DisassociateWorkspaceApplication", (VALUE, OFFICE_2021)),
    ("InvalidParameterValuesException", workspaces, "DeployWorkspaceApplications", {"WorkspaceId": VALUE}),
    ("ValidationException", workspaces, "DisassociateWorkspaceApplication", ("nope", OFFICE_2021)),
    ("InvalidParameterException", tagging, "GetResources", {"ResourcesPerPage": 101}),
    ("InvalidParameterException", tagging, "GetResources", {"ResourceARNList": ["arn:aws:x"], **TAG}),
    ("ValidationError", sts, "AssumeRole", {"RoleArn": "x" * 20, "RoleSessionName": "a b c"}),
    ("AccessDenied", sts, "AssumeRole", {"RoleArn": "arn:aws:iam::123456789012:role/x", "RoleSessionName": "ab"}),
]
for code, client, operation, parameters in RAISED:
    if isinstance(parameters, tuple):
        parameters = dict(zip(("WorkspaceId", "ApplicationId"), parameters))
    if code == "AccessDeniedException":
        control("PUT", "/faults", [{"fault": "AccessDenied"}])
    try:
        call(client, operation, **parameters)
        problem(f"{operation} with {parameters} isn't rejected")
    except botocore.exceptions.ClientError as error:
        found = error.response["Error"]["Code"]
        if found != code:
            problem(f"{operation} with {parameters} is rejected with {found} instead of {code}")
        report["raised"].append(found)
    control("DELETE", "/faults")

print(json.dumps(report))
