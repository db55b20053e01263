"""What tests and demos share: suites, fakes that inject faults, a simulated platform."""
