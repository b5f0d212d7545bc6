@node "%~dp0..\kafka-streams-application-reset.sh" %*
