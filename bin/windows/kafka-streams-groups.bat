@node "%~dp0..\kafka-streams-groups.sh" %*
