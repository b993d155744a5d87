@echo off
rem Starts kappa on the Java runtime that lies beside it.
rem   KAPPA_JAVA_OPTS  JVM options besides those of jvm.args
rem   KAPPA_HOME       where .kappa, the default data directory, lies; this directory if not set
setlocal
set "root=%~dp0"
set "root=%root:~0,-1%"
if not defined KAPPA_HOME set "KAPPA_HOME=%root%"
if not exist "%root%\runtime\bin\java.exe" (
  echo kappa: %root%\runtime is missing: unpack the whole archive for Windows 1>&2
  exit /b 1
)
"%root%\runtime\bin\java.exe" "@%root%\jvm.args" %KAPPA_JAVA_OPTS% "-Dkappa.home=%KAPPA_HOME%" "-Dkappa.command=kappa" -cp "%root%\lib\*" kappa.dashboards.cli.Main %*
