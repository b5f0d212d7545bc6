@node "%~dp0..\kafka-e2e-latency.sh" %*
