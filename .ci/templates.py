"""Writes what stands inside other files, so that the tools of its field can read it: the state machines and the template of the
StackSet out of CloudFormation, the command out of the line of cron. CloudFormation knows no YAML aliases, which no tool
tells: that is checked here."""

import json
import pathlib
import re
import sys

import yaml

aws, out = pathlib.Path("deploy/aws"), pathlib.Path(sys.argv[1])


class Template(yaml.SafeLoader):
    """YAML with the short forms of CloudFormation's functions, which stay what they are given."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            sys.exit(f"{self.name}: CloudFormation takes no aliases")
        return super().compose_node(parent, index)


def function(loader, _tag, node):
    kinds = {yaml.ScalarNode: loader.construct_scalar, yaml.SequenceNode: loader.construct_sequence}
    return kinds[type(node)](node)


Template.add_multi_constructor("!", function)


def filled(text):
    """What `Fn::Sub` makes of a text, with invented values."""
    values = {"Shards": "8", "AWS::Partition": "aws", "ScannerAccount": "111111111111"}
    text = re.sub(r"\$\{([A-Za-z:]+)\}", lambda found: values.get(found[1], f"invented-{found[1]}"), text)
    return text.replace("${!", "${")


found = []
for path in sorted(aws.glob("*.yaml")):
    with path.open() as file:
        resources = yaml.load(file, Template)["Resources"]
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        for key, end in (("DefinitionString", "asl.json"), ("TemplateBody", "template.json")):
            if key in properties:
                text = properties[key]
                text = filled(text if isinstance(text, str) else text[0])
                json.loads(text)
                (out / f"{path.stem}-{name}.{end}").write_text(text)
                found.append(key)
assert sorted(found) == ["DefinitionString", "DefinitionString", "TemplateBody"], found

lines = pathlib.Path("deploy/cron/leastwise").read_text().splitlines()
lines = [line for line in lines if line and not line.startswith("#") and not re.match(r"[A-Z]+=", line)]
assert len(lines) == 1, lines
fields = re.fullmatch(r"(\d+) (\d+) \* \* \* (\w+) (.*)", lines[0])
assert fields and int(fields[1]) < 60 and int(fields[2]) < 24, lines
assert "%" not in fields[4], "cron takes % for the end of the line"
(out / "cron.sh").write_text(fields[4] + "\n")
