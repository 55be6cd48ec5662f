"""Whether a description is valid OpenAPI 3.1, and each of its examples fits its schema: `description.py openapi.json`."""

import json
import sys

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

URI = "urn:description"
METHODS = ("get", "put", "post", "patch", "delete")


class Description:
    def __init__(self, document):
        self.document = document
        resource = Resource(contents=document, specification=DRAFT202012)
        self.registry = Registry().with_resource(URI, resource)
        self.checked = 0
        self.faults = []

    def resolve(self, part):
        while "$ref" in part:
            found = self.document
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            part = found
        return part

    def judge(self, place, schema_at, examples):
        """Holds examples to the schema at a JSON pointer."""
        schema = {"$ref": f"{URI}#{schema_at}"}
        validator = Draft202012Validator(schema, registry=self.registry, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for example in examples:
            self.checked += 1
            for error in validator.iter_errors(example):
                self.faults.append(f"{place}{error.json_path[1:]}: {error.message}")

    def schema(self, place, pointer, schema):
        """The examples of a schema, and of those within it."""
        if not isinstance(schema, dict):
            return
        examples = schema.get("examples", []) + ([schema["example"]] if "example" in schema else [])
        self.judge(f"{place} (example)", pointer, examples)
        if "default" in schema:
            self.judge(f"{place} (default)", pointer, [schema["default"]])
        for name, inner in schema.get("properties", {}).items():
            self.schema(f"{place}.{name}", f"{pointer}/properties/{escape(name)}", inner)
        for word in ("items", "additionalProperties", "contentSchema"):
            self.schema(f"{place}.{word}", f"{pointer}/{word}", schema.get(word))
        for word in ("allOf", "anyOf", "oneOf", "prefixItems"):
            for index, inner in enumerate(schema.get(word, [])):
                self.schema(f"{place}.{word}[{index}]", f"{pointer}/{word}/{index}", inner)

    def media(self, place, pointer, holder):
        """The examples of a parameter, a header, or a body of one type."""
        if "schema" not in holder:
            return
        examples = [holder["example"]] if "example" in holder else []
        examples += [example["value"] for example in holder.get("examples", {}).values()]
        self.judge(place, f"{pointer}/schema", examples)
        self.schema(place, f"{pointer}/schema", holder["schema"])

    def operation(self, name, pointer, operation):
        for index, parameter in enumerate(operation.get("parameters", [])):
            self.media(f"{name} {parameter['in']} {parameter['name']}", f"{pointer}/parameters/{index}", parameter)
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            if "example" not in media:
                self.faults.append(f"{name}: the body of type {kind} has no example")
            self.media(f"{name} {kind}", f"{pointer}/requestBody/content/{escape(kind)}", media)
        for status, response in operation["responses"].items():
            for kind, media in response.get("content", {}).items():
                self.media(f"{name} {status} {kind}", f"{pointer}/responses/{status}/content/{escape(kind)}", media)

    def check(self):
        self.faults += [f"not OpenAPI 3.1: {error.json_path}: {error.message}"
                        for error in OpenAPIV31SpecValidator(self.document).iter_errors()]
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    self.operation(f"{method.upper()} {path}", f"/paths/{escape(path)}/{method}", item[method])
        for name, schema in self.document["components"]["schemas"].items():
            self.schema(name, f"/components/schemas/{escape(name)}", schema)
        for name, header in self.document["components"].get("headers", {}).items():
            self.media(f"the header {name}", f"/components/headers/{escape(name)}", header)


def escape(name):
    """As a token of a JSON pointer in a URI's fragment."""
    return name.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D").replace("+", "%2B")


def faults_of(document):
    description = Description(document)
    description.check()
    return description


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        document = json.load(file)
    description = faults_of(document)
    for fault in description.faults:
        print(fault)
    if not description.faults:
        # A check that finds nothing has to be able to find something.
        wrong = json.loads(json.dumps(document))
        wrong["components"]["schemas"]["Id"]["examples"] = ["\n"]
        assert faults_of(wrong).faults, "a wrong example is not found"
        print(f"    valid OpenAPI {document['openapi']}; {description.checked} examples and defaults fit")
    sys.exit(bool(description.faults))


if __name__ == "__main__":
    main()
