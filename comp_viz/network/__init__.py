"""The ComP network: architecture, trace, and the converter for published weights."""
