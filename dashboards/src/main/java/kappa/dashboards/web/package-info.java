/** The live page: a follower of the topics, a server, and the page itself (a resource folder of the same name). */
package kappa.dashboards.web;
