@node "%~dp0..\kafka-client-metrics.sh" %*
