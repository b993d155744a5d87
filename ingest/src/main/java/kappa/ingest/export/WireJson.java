package kappa.ingest.export;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/**
 * A wire message as JSON with the schema's own names: what is not set has its default, a message that is absent is null, a
 * number that JSON cannot say (NaN, infinity) is null, an enumeration is its name in lower case with blanks, bytes are
 * hexadecimal. Stateless.
 */
final class WireJson {

    private WireJson() {}

    static String of(Message message) {
        StringJoiner json = new StringJoiner(", ", "{", "}");
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            boolean absent = field.hasPresence() && !message.hasField(field);
            json.add(string(field.getName()) + ": " + (absent ? "null" : value(message.getField(field))));
        }
        return json.toString();
    }

    private static String value(Object value) {
        return switch (value) {
            case List<?> values -> values.stream().map(WireJson::value).collect(Collectors.joining(", ", "[", "]"));
            case Message message -> of(message);
            case String text -> string(text);
            case EnumValueDescriptor name -> string(name.getName().toLowerCase(Locale.ROOT).replace('_', ' '));
            case ByteString bytes -> string(HexFormat.of().formatHex(bytes.toByteArray()));
            case Double number -> Double.isFinite(number) ? number.toString() : "null";
            case Float number -> Float.isFinite(number) ? number.toString() : "null";
            default -> value.toString(); // a whole number or a truth value
        };
    }

    private static String string(String text) {
        StringBuilder json = new StringBuilder("\"");
        text.chars().forEach(c -> {
            if (c == '"' || c == '\\') {
                json.append('\\').append((char) c);
            } else if (c < ' ') {
                json.append(String.format("\\u%04x", c));
            } else {
                json.append((char) c);
            }
        });
        return json.append('"').toString();
    }
}
