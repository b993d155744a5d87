package kappa.dashboards.web;

import akka.http.javadsl.server.CustomRejection;

/**
 * Why a request is turned away.
 *
 * @param status of HTTP
 * @param line for the visitor: one sentence
 */
record Refusal(int status, String line) implements CustomRejection {}
