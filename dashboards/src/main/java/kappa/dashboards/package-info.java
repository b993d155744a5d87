/** What people see: the live page, the meters, the command line, and the assembly of the whole application. */
package kappa.dashboards;
