@node "%~dp0..\kafka-producer-perf-test.sh" %*
