@node "%~dp0..\kafka-leader-election.sh" %*
