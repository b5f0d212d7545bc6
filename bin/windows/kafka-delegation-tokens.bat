@node "%~dp0..\kafka-delegation-tokens.sh" %*
