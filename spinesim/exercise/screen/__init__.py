"""The movement screen: clinical tests simulated as they are done, with norms and the error of each test."""
