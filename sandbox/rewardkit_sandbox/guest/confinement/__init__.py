"""Limits, namespaces and rules that a process puts on itself before it runs a program, and what removes its traces."""
