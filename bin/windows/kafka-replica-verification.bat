@node "%~dp0..\kafka-replica-verification.sh" %*
