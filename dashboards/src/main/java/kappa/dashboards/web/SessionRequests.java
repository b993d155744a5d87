package kappa.dashboards.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import kappa.ingest.InvalidInputException;
import kappa.ingest.replay.PushedSessions;
import kappa.ingest.replay.PushedSessions.Standing;

/**
 * Meets programs that send a session over HTTP: begins it, and takes its bins. An answer is a JSON object; one with a status of
 * 400 or more has the field {@code error}, a sentence. Thread-safe.
 */
final class SessionRequests {

    private static final JsonMapper MAPPER = new JsonMapper();

    /** Status and a line of JSON. */
    record Answer(int status, String json) {}

    /** How a body is written. */
    enum Form {
        /** One JSON object, or a list of them. */
        JSON,
        /** A JSON object in each line. */
        JSON_LINES,
        /** A message of the wire. */
        PROTOBUF
    }

    private final PushedSessions sessions;

    SessionRequests(PushedSessions sessions) {
        this.sessions = sessions;
    }

    /** Begins a session, or goes on with it. */
    Answer begin(String session, Form form, byte[] body) {
        return meet(() -> {
            Standing standing;
            if (form == Form.PROTOBUF) {
                standing = sessions.open(session, body);
            } else {
                SessionBodies.Header header = StrictJson.read(text(body), SessionBodies.Header.class);
                standing = sessions.open(header.description(), session, header.fit());
            }
            return told(standing.created() ? 201 : 200, standing);
        });
    }

    /** Takes bins. */
    Answer append(String session, Form form, byte[] body) {
        return meet(() -> {
            if (form == Form.PROTOBUF) {
                return told(200, sessions.append(session, body));
            }
            SessionBodies.Bins read = SessionBodies.bins(sessions.describe(session), objects(form, text(body)));
            return told(200, sessions.append(session, read.first(), read.bins(), read.end()));
        });
    }

    /** Where a session stands, with status 200 if there is one. */
    Answer look(String session) {
        return meet(() -> told(200, sessions.look(session)));
    }

    private static String text(byte[] body) {
        return new String(body, UTF_8);
    }

    private static List<String> objects(Form form, String text) {
        if (form == Form.JSON_LINES) {
            return text.lines().filter(line -> !line.isBlank()).toList();
        }
        if (!text.stripLeading().startsWith("[")) {
            return List.of(text);
        }
        try {
            List<String> objects = new ArrayList<>();
            for (JsonNode one : MAPPER.readTree(text)) {
                objects.add(one.toString());
            }
            return objects;
        } catch (JsonProcessingException e) {
            throw new InvalidInputException("The request is not JSON.", e);
        }
    }

    private static Answer meet(Supplier<Answer> call) {
        try {
            return call.get();
        } catch (InvalidInputException e) {
            return error(400, e.getMessage());
        } catch (PushedSessions.Unknown e) {
            return error(404, e.getMessage() + " PUT /sessions/ID begins one.");
        } catch (PushedSessions.Conflict e) {
            return error(409, e.getMessage());
        } catch (PushedSessions.NotTaken e) {
            return error(503, e.getMessage());
        }
    }

    private static Answer told(int status, Standing standing) {
        return new Answer(status, json(Map.of("session", standing.session(), "bins", standing.bins(), "over",
                standing.over())));
    }

    static Answer error(int status, String line) {
        return new Answer(status, json(Map.of("error", Lines.one(line))));
    }

    private static String json(Map<String, ?> object) {
        try {
            return MAPPER.writeValueAsString(object);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
