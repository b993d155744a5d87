/** Checks of what runs kappa outside Java: the launcher, the image, the compose file, the rules and the dashboard. */
package kappa.dashboards.ops;
