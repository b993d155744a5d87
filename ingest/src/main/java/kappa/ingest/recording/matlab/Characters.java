package kappa.ingest.recording.matlab;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Arrays of characters as MATLAB keeps them: column by column, rows filled up with spaces. Pure functions, thread-safe. */
final class Characters {

    private static final int INT8 = 1;
    private static final int UINT8 = 2;
    private static final int UINT16 = 4;
    private static final int UTF8 = 16;
    private static final int UTF16 = 17;

    private Characters() {}

    /** Bytes of an element of type {@code type} as text; empty if it is none. */
    static Optional<String> decoded(byte[] bytes, int type, ByteOrder order) {
        return switch (type) {
            case INT8, UINT8 -> Optional.of(new String(bytes, ISO_8859_1));
            case UTF8 -> Optional.of(new String(bytes, UTF_8));
            case UINT16, UTF16 -> Optional.of(new String(bytes, order == ByteOrder.BIG_ENDIAN ? UTF_16BE : UTF_16LE));
            default -> Optional.empty();
        };
    }

    /**
     * The rows of an array of characters, without the spaces at their ends.
     *
     * @param columnByColumn rows times columns characters
     */
    static List<String> rows(String columnByColumn, int rows) {
        List<String> out = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            StringBuilder text = new StringBuilder();
            for (int at = row; at < columnByColumn.length(); at += rows) {
                text.append(columnByColumn.charAt(at));
            }
            out.add(text.toString().stripTrailing());
        }
        return out;
    }
}
