@node "%~dp0..\kafka-broker-api-versions.sh" %*
