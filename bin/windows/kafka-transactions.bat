@node "%~dp0..\kafka-transactions.sh" %*
