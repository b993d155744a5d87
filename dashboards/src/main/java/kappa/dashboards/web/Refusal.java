package kappa.dashboards.web;

import akka.http.javadsl.server.CustomRejection;

/** Why a request is turned away: the status of HTTP, and one sentence for the visitor. */
record Refusal(int status, String line) implements CustomRejection {}
