package kappa.ingest.rig.openephys;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * The JSON of one message, read into fields that are used again for the next.
 *
 * <p>GUI 1.0 and newer size this frame in characters, so that each character of more than one byte in a name cuts as
 * many bytes off its end as it has too many. A header is therefore read token by token as far as it goes. What the end
 * cut in two is not taken for whole: a number there may lack digits. The plugin writes names and sample numbers first,
 * so that what is missing is the closing braces and, with very many such characters, {@code timestamp} and {@code
 * data_size}, which nothing depends on.
 *
 * <p>No header makes this throw. One parser serves all of them (it allocates nothing for a header that looks like the
 * one before); after a header that cannot be mended, or many strange field names, which it would remember, there is a
 * new one.
 *
 * <p>Not thread-safe.
 */
final class MessageHeader {

    /** What a message is about. */
    enum Kind {
        DATA, TTL, SPIKE,
        /** It can be read, and is none of these. */
        OTHER
    }

    /** Longer than any header; anything beyond is not read. */
    static final int MAX_BYTES = 65_536;

    private static final int MAX_NAME = 1_024;
    private static final int MAX_STRANGE_NAMES = 4_096;
    private static final int TTL_EVENT = 3;

    private static final JsonFactory JSON = JsonFactory.builder().streamReadConstraints(StreamReadConstraints.builder()
            .maxNestingDepth(16).maxNameLength(256).maxNumberLength(64).maxStringLength(8_192).build()).build();

    private JsonParser parser;
    private ByteArrayFeeder feeder;
    private int strangeNames;
    private final byte[] closing = new byte[32];

    private boolean truncated;
    private boolean hasSample;
    private int eventType;

    /** Null where it could not be read. */
    Kind kind;

    /** Whether {@link #number} is there. */
    boolean numbered;

    /** The plugin's counter of messages, an int32 that may overflow. */
    int number;

    /** The stream's sample number: of the first sample, the edge or the spike's peak. */
    long sample;

    /** Index of a continuous channel within the stream. */
    int channel;

    /** How many a continuous channel's message announces, or -1. */
    int samples;

    /** Samples in a second, or NaN. */
    double rate;

    /** The processor that an edge comes from. */
    int node;

    /** 0 for a spike that was not sorted. */
    int sortedId;

    final StringBuilder stream = new StringBuilder();
    final StringBuilder channelName = new StringBuilder();
    final StringBuilder electrode = new StringBuilder();
    private final StringBuilder type = new StringBuilder();

    MessageHeader() {
        renew();
    }

    private void renew() {
        try {
            parser = JSON.createNonBlockingByteArrayParser();
        } catch (IOException e) {
            throw new UncheckedIOException("a parser without input cannot fail", e);
        }
        feeder = (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
        strangeNames = 0;
    }

    /** @return whether all that its kind of message needs is there; if not, {@link #numbered} may still hold */
    boolean read(byte[] frame) {
        clear();
        int length = frame.length;
        while (length > 0 && frame[length - 1] >= 0 && frame[length - 1] <= ' ') {
            length--;
        }
        if (length == 0 || length > MAX_BYTES) {
            return false;
        }
        boolean sound;
        try {
            feeder.feedInput(frame, 0, length);
            sound = tokens();
        } catch (IOException | RuntimeException e) {
            // A header may hold anything. What was read of it before the fault is not trusted either.
            renew();
            clear();
            return false;
        }
        if (!sound || strangeNames > MAX_STRANGE_NAMES) {
            renew();
        }
        return complete();
    }

    private void clear() {
        kind = null;
        truncated = false;
        numbered = false;
        hasSample = false;
        channel = -1;
        samples = -1;
        rate = Double.NaN;
        node = 0;
        eventType = TTL_EVENT;
        sortedId = -1;
        stream.setLength(0);
        channelName.setLength(0);
        electrode.setLength(0);
        type.setLength(0);
    }

    /** @return whether the parser is ready for the next header */
    private boolean tokens() throws IOException {
        int depth = 0;
        long arrays = 0; // bit d: what is open at depth d is an array
        boolean inside = false; // the object under "content" or "spike"
        String field = "";
        while (true) {
            JsonToken token = parser.nextToken();
            switch (token) {
                case START_OBJECT -> {
                    depth++;
                    arrays &= ~(1L << depth);
                    inside |= depth == 2 && (field.equals("content") || field.equals("spike"));
                }
                case START_ARRAY -> {
                    depth++;
                    arrays |= 1L << depth;
                }
                case END_OBJECT, END_ARRAY -> {
                    depth--;
                    inside &= depth >= 2;
                    if (depth == 0) {
                        return feeder.needMoreInput();
                    }
                }
                case FIELD_NAME -> field = parser.currentName();
                case NOT_AVAILABLE -> {
                    truncated = true;
                    return mended(depth, arrays);
                }
                default -> {
                    if (depth == 0) {
                        throw new IOException("no object");
                    }
                    if (depth == 1) {
                        outer(field, token);
                    } else if (depth == 2 && inside) {
                        inner(field, token);
                    }
                }
            }
        }
    }

    /** Brings the parser to the end of a header whose end is missing. */
    private boolean mended(int depth, long arrays) throws IOException {
        if (depth == 0) {
            return false;
        }
        for (int d = depth, i = 0; d > 0; d--, i++) {
            closing[i] = (byte) ((arrays >> d & 1) == 1 ? ']' : '}');
        }
        feeder.feedInput(closing, 0, depth);
        try {
            for (int open = depth; open > 0;) {
                JsonToken token = parser.nextToken();
                if (token == JsonToken.NOT_AVAILABLE) {
                    return false;
                }
                if (token == JsonToken.END_OBJECT || token == JsonToken.END_ARRAY) {
                    open--;
                }
            }
            return feeder.needMoreInput();
        } catch (IOException e) {
            // Cut within a name, a string or the like: what came before stands.
            return false;
        }
    }

    private void outer(String field, JsonToken token) throws IOException {
        switch (field) {
            case "message_num" -> {
                long value = whole(token);
                numbered = value == (int) value;
                number = (int) value;
            }
            case "type" -> text(type, token);
            case "timestamp", "data_size" -> {
                // Neither says anything that the frames and the sample numbers do not.
            }
            default -> strangeNames++;
        }
    }

    private void inner(String field, JsonToken token) throws IOException {
        switch (field) {
            case "stream" -> text(stream, token);
            case "channel_num" -> channel = small(token);
            case "channel_name" -> text(channelName, token);
            case "num_samples" -> samples = small(token);
            case "sample_num" -> {
                sample = whole(token);
                hasSample = sample != NONE;
            }
            case "sample_rate" -> rate = token == JsonToken.VALUE_NUMBER_FLOAT || token == JsonToken.VALUE_NUMBER_INT
                    ? parser.getDoubleValue()
                    : Double.NaN;
            case "source_node" -> node = small(token);
            case "type" -> eventType = small(token);
            case "electrode" -> text(electrode, token);
            case "sorted_id" -> sortedId = small(token);
            case "num_channels", "threshold" -> {
                // Of the waveform, which is not used.
            }
            default -> strangeNames++;
        }
    }

    private static final long NONE = Long.MIN_VALUE;

    private long whole(JsonToken token) throws IOException {
        return token == JsonToken.VALUE_NUMBER_INT ? parser.getLongValue() : NONE;
    }

    private int small(JsonToken token) throws IOException {
        long value = whole(token);
        return value >= 0 && value <= Integer.MAX_VALUE ? (int) value : -1;
    }

    private void text(StringBuilder into, JsonToken token) throws IOException {
        if (token == JsonToken.VALUE_STRING && parser.getTextLength() <= MAX_NAME) {
            into.setLength(0);
            into.append(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
        }
    }

    private boolean complete() {
        if (!numbered) {
            return false;
        }
        if ("data".contentEquals(type)) {
            kind = Kind.DATA;
            return hasSample && channel >= 0 && !stream.isEmpty();
        }
        if ("spike".contentEquals(type)) {
            kind = Kind.SPIKE;
            // Where the end is missing, an id that is not there may have been any.
            if (sortedId < 0 && !truncated) {
                sortedId = 0;
            }
            return hasSample && sortedId >= 0 && !electrode.isEmpty() && !stream.isEmpty();
        }
        if ("event".contentEquals(type)) {
            kind = eventType == TTL_EVENT ? Kind.TTL : Kind.OTHER;
            return kind == Kind.OTHER || (hasSample && !stream.isEmpty());
        }
        kind = Kind.OTHER;
        return !type.isEmpty();
    }
}
