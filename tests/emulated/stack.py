"""The stack: built, deployed and deleted with SAM CLI, as its users do it."""

import os
from pathlib import Path

import machine

NAME = "lamplight-emulated"
WEBHOOK_PARAMETER = "/lamplight/slack-webhook"
GIVEN = os.environ.get("LAMPLIGHT_BUILD")
BUILD = Path(GIVEN) if GIVEN else machine.WORK / "build"


class Stack:
    name = NAME

    def __init__(self, cloudformation, env: dict):
        self.cloudformation = cloudformation
        self.env = env

    def build(self):
        if GIVEN:
            return
        # Not into .aws-sam: a later `sam deploy` would take what was built for this machine's architecture.
        arguments = ["sam", "build", "--build-dir", str(BUILD), "--parameter-overrides", _architecture()]
        machine.command("sam-build", arguments, self.env, seconds=2400)

    def deploy(self, **parameters):
        """Deploys with these parameters besides those that the stack has, and lets CloudFormation's refusal out."""
        # The settings are looked for beside the template, which is not the one in the checkout here.
        arguments = ["sam", "deploy", "--config-file", str(machine.ROOT / "samconfig.toml")]
        arguments += ["--template-file", str(BUILD / "template.yaml"), "--stack-name", NAME]
        arguments += ["--no-confirm-changeset", "--no-progressbar"]
        given = [f"{name}={value}" for name, value in parameters.items()]
        arguments += ["--parameter-overrides", _architecture(), *given]
        machine.command("sam-deploy", arguments, self.env, seconds=300)

    def delete(self):
        arguments = ["sam", "delete", "--stack-name", NAME, "--no-prompts", "--region", machine.REGION]
        machine.command("sam-delete", arguments, self.env, seconds=120)

    def exists(self) -> bool:
        try:
            return self.status() != "DELETE_COMPLETE"
        except self.cloudformation.exceptions.ClientError as error:
            if "does not exist" in str(error):
                return False
            raise

    def status(self) -> str:
        return self._description()["StackStatus"]

    def outputs(self) -> dict:
        return {output["OutputKey"]: output["OutputValue"] for output in self._description()["Outputs"]}

    def _description(self) -> dict:
        return self.cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]


def _architecture() -> str:
    return f"Architecture={machine.architecture()}"
