"""What deploy/validate checks; it installs what is imported here."""

import json
import re
import sys
import sysconfig
import tomllib
from pathlib import Path

import helm_python as helm
import jsonschema
import kubernetes_validate
import yaml

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "chart"

# The oldest that Chart.yaml asks for, and the newest whose schemas there are.
KUBERNETES = ("1.27", "1.37")
RELEASE = "ledger"
NAMESPACE = "agents"

problems: list[str] = []


def expect(holds: object, where: str, what: str) -> None:
    if not holds:
        problems.append(f"{where}: {what}")


class UniqueKeys(yaml.SafeLoader):
    """YAML that says nothing twice. PyYAML alone takes the last of two keys."""

    def construct_mapping(self, node, deep=False):
        names = [self.construct_object(key) for key, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{name!r} stands there twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path):
    return yaml.load(path.read_text(), UniqueKeys)


def read_toml(path: str):
    return tomllib.loads((ROOT / path).read_text())


def hold_against(schema: dict, document: object, where: str) -> None:
    """Every way in which a document is not what its schema wants."""
    validator = jsonschema.validators.validator_for(schema)(schema)
    for error in validator.iter_errors(document):
        cause = jsonschema.exceptions.best_match([error])
        place = "/".join(str(part) for part in cause.absolute_path)
        problems.append(f"{where}: {place or 'the document'}: {cause.message}")


SPIN = read_toml("spin.toml")
CRON = read_toml("spin.cron.toml")
OPENAPI = json.loads((ROOT / "docs/openapi.json").read_text())
VALUES = read_yaml(CHART / "values.yaml")
VALUES_SCHEMA = json.loads((CHART / "values.schema.json").read_text())
SPINAPP_SCHEMA = json.loads((DEPLOY / "schemas/spinapp.json").read_text())

SECRET_VARIABLES = {name for name, variable in SPIN["variables"].items() if variable.get("secret")}
OPEN_VARIABLES = set(SPIN["variables"]) - SECRET_VARIABLES
REQUIRED_VARIABLES = {name for name, variable in SPIN["variables"].items() if variable.get("required")}


class Rendering:
    """The chart with the values of a file (or with its own), as documents."""

    def __init__(self, chart: helm.Chart, path: Path | None):
        self.name = "chart" if path is None else f"chart with {path.relative_to(ROOT)}"
        given = {} if path is None else read_yaml(path)
        hold_against(VALUES_SCHEMA, given, self.name)
        self.values = chart.merge_values(given)
        self.documents: list[dict] = []
        for template, text in sorted(chart.render(given, name=RELEASE, namespace=NAMESPACE).items()):
            if template.endswith(".txt"):
                continue
            try:
                documents = [document for document in yaml.load_all(text, UniqueKeys) if document]
            except yaml.YAMLError as error:
                problems.append(f"{self.name}: {template} is no YAML: {error}")
                continue
            for document in documents:
                self.check_document(document, template)
        self.documents_are_different()

    def check_document(self, document: dict, template: str) -> None:
        kind = document.get("kind")
        where = f"{self.name}: {template}: {kind}"
        self.documents.append(document)
        if kind == "SpinApp":
            hold_against(SPINAPP_SCHEMA, document, where)
            return
        expect(kind != "Secret", where, "a secret is made by hand, never by the chart")
        for version in KUBERNETES:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                place = "/".join(str(part) for part in error.absolute_path)
                problems.append(f"{where}: Kubernetes {version}: {place or 'the document'}: {error.message}")
            except kubernetes_validate.SchemaNotFoundError as error:
                problems.append(f"{where}: {error.message}")

    def documents_are_different(self) -> None:
        names = [(document["kind"], document["metadata"]["name"]) for document in self.documents]
        for name in set(names):
            expect(names.count(name) == 1, self.name, f"there are two of {name}")

    def of_kind(self, kind: str) -> list[dict]:
        return [document for document in self.documents if document["kind"] == kind]

    def app(self) -> dict:
        apps = self.of_kind("SpinApp")
        if len(apps) != 1:
            raise ValueError(f"{self.name}: {len(apps)} SpinApps instead of one")
        return apps[0]


def chart_agrees_with_the_application() -> None:
    chart = read_yaml(CHART / "Chart.yaml")
    version = SPIN["application"]["version"]
    expect(chart["appVersion"] == version, "deploy/chart/Chart.yaml", f"appVersion is not that of spin.toml, {version}")
    toolchain = read_toml("rust-toolchain.toml")["toolchain"]["channel"]
    image = f"rust:{toolchain.rsplit('.', 1)[0]}-"
    text = (DEPLOY / "tool.Dockerfile").read_text()
    expect(image in text, "deploy/tool.Dockerfile", f"the image is not {image}…, as rust-toolchain.toml wants")
    for line in helm.lint(CHART, strict=True)["messages"]:
        # An icon is for catalogues.
        expect("icon is recommended" in line["error"], "helm lint", f"{line['path']}: {line['error']}")


def every_variable_has_its_place() -> None:
    schema = VALUES_SCHEMA["properties"]
    example = read_yaml(DEPLOY / "secret.example.yaml")
    places = [
        ("deploy/chart/values.yaml: variables", VALUES["variables"], OPEN_VARIABLES),
        ("deploy/chart/values.yaml: secret.variables", VALUES["secret"]["variables"], SECRET_VARIABLES),
        ("deploy/chart/values.schema.json: variables", schema["variables"]["properties"], OPEN_VARIABLES),
        (
            "deploy/chart/values.schema.json: secret.variables",
            schema["secret"]["properties"]["variables"]["properties"],
            SECRET_VARIABLES,
        ),
        (
            "deploy/secret.example.yaml: stringData",
            example.get("stringData", {}),
            SECRET_VARIABLES | {VALUES["jobs"]["tokenKey"], VALUES["migrate"]["databaseUrlKey"]},
        ),
    ]
    for where, found, wanted in places:
        for name in sorted(wanted - set(found)):
            problems.append(f"{where}: {name} of spin.toml is missing")
        for name in sorted(set(found) - wanted):
            what = "is a secret, and belongs into the secret" if name in SECRET_VARIABLES else "is not known to spin.toml"
            problems.append(f"{where}: {name} {what}")
    kubernetes_validate.validate(example, KUBERNETES[-1], strict=True)
    for name, value in example["stringData"].items():
        expect(value == "" or "…" in value, "deploy/secret.example.yaml", f"{name} looks like a real secret")


def variables_reach_the_application(rendering: Rendering) -> None:
    where = f"{rendering.name}: the SpinApp's variables"
    variables = rendering.app()["spec"]["variables"]
    names = [variable["name"] for variable in variables]
    secret = rendering.values["secret"]["name"]
    for variable in variables:
        name, reference = variable["name"], variable.get("valueFrom", {}).get("secretKeyRef")
        expect(name in SPIN["variables"], where, f"{name} is not known to spin.toml")
        expect(names.count(name) == 1, where, f"{name} is set twice")
        if name in SECRET_VARIABLES:
            expect("value" not in variable, where, f"{name} is a secret, and stands there as a value")
            expect(reference, where, f"{name} is a secret, and does not come from one")
            if reference:
                expect(reference["name"] == secret and reference["key"] == name, where, f"{name} comes from elsewhere")
                if name in REQUIRED_VARIABLES:
                    expect(not reference.get("optional"), where, f"{name} has to be set, and is optional")
    wanted = {name for name, value in rendering.values["variables"].items() if value is not None}
    for name in sorted((wanted | SECRET_VARIABLES) - set(names)):
        problems.append(f"{where}: {name} is missing")


def in_kubernetes_times(expression: str) -> tuple[str, int]:
    """A CronJob's schedule, and how often it has to call within its minute, for an expression with seconds."""
    seconds, *rest = expression.split()
    step = re.fullmatch(r"\*/(\d+)", seconds)
    if len(rest) != 5 or not (seconds == "0" or (step and 60 % int(step[1]) == 0)):
        raise ValueError(f"spin.cron.toml: no CronJob can keep the times {expression!r}")
    return " ".join(rest), 60 // int(step[1]) if step else 1


def every_job_is_called(rendering: Rendering) -> None:
    found = {job["metadata"]["name"]: job["spec"] for job in rendering.of_kind("CronJob")}
    if not rendering.values["jobs"]["enabled"]:
        expect(not found, rendering.name, "there are CronJobs, though jobs are off")
        return
    expect("post" in OPENAPI["paths"].get("/api/internal/jobs/{name}/run", {}), "docs/openapi.json", "no route runs a job")
    for trigger in CRON["trigger"]["cron"]:
        job = CRON["component"][trigger["component"]]["variables"]["job"]
        where = f"{rendering.name}: the CronJob of {job}"
        spec = found.pop(f"{RELEASE}-{job}", None)
        if spec is None:
            problems.append(f"{where} is missing, and spin.cron.toml has that job")
            continue
        schedule, calls = in_kubernetes_times(trigger["cron_expression"])
        expect(spec["schedule"] == schedule, where, f"{spec['schedule']!r}, and spin.cron.toml says {schedule!r}")
        expect(spec.get("timeZone") == "Etc/UTC", where, "its times are not in UTC")
        container = spec["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
        expect(f"calls={calls} " in container["command"][-1], where, f"{calls} calls within a minute are wanted")
        env = {variable["name"]: variable for variable in container["env"]}
        url = f"http://{rendering.app()['metadata']['name']}/api/internal/jobs/{job}/run"
        expect(env["URL"]["value"] == url, where, f"it calls {env['URL']['value']}, not {url}")
        expect("secretKeyRef" in env["TOKEN"].get("valueFrom", {}), where, "its token does not come from a secret")
    for name in sorted(found):
        problems.append(f"{rendering.name}: spin.cron.toml has no job for the CronJob {name}")


def parts_belong_together(rendering: Rendering) -> None:
    """The operator names Deployment, Service and the label of pods after the SpinApp."""
    name, spec = rendering.app()["metadata"]["name"], rendering.app()["spec"]
    for scaler in rendering.of_kind("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        expect((target["kind"], target["name"]) == ("Deployment", name), rendering.name, "something else is scaled")
        least, most = scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]
        expect(least <= most, rendering.name, f"at least {least} pods and at most {most}")
    scaled = bool(rendering.of_kind("HorizontalPodAutoscaler"))
    expect(spec.get("enableAutoscaling", False) == scaled, rendering.name, "the operator and the autoscaler disagree")
    label = {"core.spinkube.dev/app-name": name}
    for budget in rendering.of_kind("PodDisruptionBudget"):
        expect(budget["spec"]["selector"]["matchLabels"] == label, rendering.name, "the budget is that of other pods")
    for policy in rendering.of_kind("NetworkPolicy"):
        expect(policy["spec"]["podSelector"]["matchLabels"] == label, rendering.name, "the policy is that of other pods")
    for ingress in rendering.of_kind("Ingress"):
        for path in ingress["spec"]["rules"][0]["http"]["paths"]:
            service = path["backend"]["service"]
            expect(service == {"name": name, "port": {"number": 80}}, rendering.name, f"{path['path']} leads elsewhere")
    for check, probe in spec["checks"].items():
        path = probe["httpGet"]["path"]
        expect("get" in OPENAPI["paths"].get(path, {}), rendering.name, f"the check of {check} asks for {path}")


def component_of(path: str) -> str:
    """The component that Spin gives a path: of the routes that fit the one that says most."""
    parts = path.strip("/").split("/")
    best: tuple[list[int], str] = ([], "")
    for trigger in SPIN["trigger"]["http"]:
        route = trigger["route"].strip("/").split("/")
        rest = route[-1] == "..."
        if rest:
            route.pop()
        if len(parts) < len(route) or (len(parts) > len(route) and not rest):
            continue
        pairs = list(zip(route, parts))
        if all(mine == theirs or mine.startswith(":") for mine, theirs in pairs):
            weight = [2 if mine == theirs else 1 for mine, theirs in pairs]
            best = max(best, (weight, trigger["component"]))
    return best[1]


def a_replica_serves_what_only_reads(rendering: Rendering) -> None:
    components = rendering.app()["spec"]["components"]
    for component in components:
        expect(component in SPIN["component"], rendering.name, f"spin.toml has no component {component}")
    for check in rendering.app()["spec"]["checks"].values():
        path = check["httpGet"]["path"]
        expect(component_of(path) in components, rendering.name, f"no component serves the check {path}")
    for rule in rendering.of_kind("Ingress")[0]["spec"]["rules"][0]["http"]["paths"]:
        led = [path for path in OPENAPI["paths"] if f"{path}/".startswith(f"{rule['path'].rstrip('/')}/")]
        expect(led, rendering.name, f"no route begins with {rule['path']}")
        for path in led:
            methods = sorted(set(OPENAPI["paths"][path]) & {"get", "put", "post", "patch", "delete"})
            expect(methods == ["get"], rendering.name, f"{path} does not only read: {', '.join(methods)}")
            expect(component_of(path) in components, rendering.name, f"{path} belongs to {component_of(path)}")


def everything_is_on(rendering: Rendering) -> None:
    for name, value in rendering.values.items():
        if isinstance(value, dict) and "enabled" in value:
            expect(value["enabled"] is True, rendering.name, f"{name} is off, so that it is not checked")
    unset = OPEN_VARIABLES - {name for name, value in rendering.values["variables"].items() if value is not None}
    expect(not unset, rendering.name, f"does not set {', '.join(sorted(unset))}")


def what_does_not_fit_is_refused(chart: helm.Chart) -> None:
    for what, values in [
        ("a variable that spin.toml does not know", {"variables": {"no_such_variable": "1"}}),
        ("a secret among the variables", {"variables": {"jwt_secret": "x" * 32}}),
        ("the value of a secret", {"secret": {"variables": {"jwt_secret": "x" * 32}}}),
        ("a number that YAML would change", {"variables": {"max_body_bytes": 8388608}}),
        ("a migration without an image", {"migrate": {"enabled": True}}),
    ]:
        try:
            chart.validate_schema(values)
            chart.render(values, name=RELEASE, namespace=NAMESPACE)
        except helm.HelmError:
            continue
        problems.append(f"chart: takes {what}")


def compose_is_sound() -> None:
    where = "deploy/compose.yaml"
    compose = read_yaml(DEPLOY / "compose.yaml")
    # The package itself is not imported: it would need more packages.
    schemas = Path(sysconfig.get_path("purelib")) / "check_jsonschema/builtin_schemas/vendor"
    hold_against(json.loads((schemas / "compose-spec.json").read_text()), compose, where)
    oldest = {"postgres": 15, "redis": 7}
    expect(set(compose["services"]) == set(oldest), where, "the services are not PostgreSQL and Redis alone")
    for name, service in compose["services"].items():
        version = re.search(r":(\d+)", service["image"])
        expect(version and int(version[1]) >= oldest.get(name, 0), where, f"{service['image']} is too old, or any version")
        expect("healthcheck" in service, where, f"{name} has no health check")
        for port in service["ports"]:
            expect(str(port).startswith("127.0.0.1:"), where, f"{name} is open to others than this machine: {port}")
        for variable, value in service["environment"].items():
            if "PASSWORD" in variable:
                expect(value.startswith(f"${{{variable}:?"), where, f"{variable} need not be set, or stands there")


def links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (DEPLOY / "README.md").read_text()):
        expect((DEPLOY / target).exists(), "deploy/README.md", f"the link {target} leads nowhere")


def main() -> None:
    chart_agrees_with_the_application()
    every_variable_has_its_place()
    with helm.Chart.load(CHART) as chart:
        plain = Rendering(chart, None)
        everything = Rendering(chart, DEPLOY / "values/everything.yaml")
        reads = Rendering(chart, DEPLOY / "values/reads.yaml")
        what_does_not_fit_is_refused(chart)
    for rendering in (plain, everything, reads):
        variables_reach_the_application(rendering)
        every_job_is_called(rendering)
        parts_belong_together(rendering)
    everything_is_on(everything)
    a_replica_serves_what_only_reads(reads)
    compose_is_sound()
    links_lead_somewhere()

    count = sum(len(rendering.documents) for rendering in (plain, everything, reads))
    if problems:
        return
    print(
        f"deploy/validate: {count} documents of the chart (Helm {helm.helm_sdk_version()}; Kubernetes {', '.join(KUBERNETES)}), "
        f"{len(SPIN['variables'])} variables, {len(CRON['trigger']['cron'])} jobs and compose.yaml are in order"
    )


if __name__ == "__main__":
    try:
        main()
    except helm.HelmError as error:
        problems.append(f"Helm refuses the chart: {error}")
    except (yaml.YAMLError, ValueError, jsonschema.SchemaError) as error:
        problems.append(str(error))
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if problems:
        sys.exit(f"deploy/validate: {len(problems)} problems")
