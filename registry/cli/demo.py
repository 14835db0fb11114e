"""The demo story between two or more nodes on this machine."""

import click

from registry.demo.command import demo_command as command

demo_command: click.Command = command
