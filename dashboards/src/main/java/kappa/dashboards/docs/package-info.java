/** The documentation: pages of Markdown that lie beside the code become one site, which needs no network. */
package kappa.dashboards.docs;
