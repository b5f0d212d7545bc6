@node "%~dp0..\kafka-consumer-perf-test.sh" %*
