@node "%~dp0..\connect-plugin-path.sh" %*
