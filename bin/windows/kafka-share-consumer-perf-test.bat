@node "%~dp0..\kafka-share-consumer-perf-test.sh" %*
