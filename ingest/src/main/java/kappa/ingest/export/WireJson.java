package kappa.ingest.export;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * A wire message as JSON with the schema's own names: what is not set has its default, a message that is absent is null, a
 * number that JSON cannot say (NaN, infinity) is null, an enumeration is its name in lower case with blanks, bytes are
 * hexadecimal. Stateless.
 */
final class WireJson {

    private WireJson() {}

    static String of(Message message) {
        StringBuilder json = new StringBuilder();
        object(json, message);
        return json.toString();
    }

    private static void object(StringBuilder json, Message message) {
        json.append('{');
        String comma = "";
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            json.append(comma);
            comma = ", ";
            string(json, field.getName());
            json.append(": ");
            if (field.isRepeated()) {
                list(json, (List<?>) message.getField(field));
            } else if (field.hasPresence() && !message.hasField(field)) {
                json.append("null");
            } else {
                value(json, message.getField(field));
            }
        }
        json.append('}');
    }

    private static void list(StringBuilder json, List<?> values) {
        json.append('[');
        String comma = "";
        for (Object value : values) {
            json.append(comma);
            comma = ", ";
            value(json, value);
        }
        json.append(']');
    }

    private static void value(StringBuilder json, Object value) {
        switch (value) {
            case Message message -> object(json, message);
            case String text -> string(json, text);
            case EnumValueDescriptor name -> string(json, name.getName().toLowerCase(Locale.ROOT).replace('_',
                    ' '));
            case ByteString bytes -> string(json, HexFormat.of().formatHex(bytes.toByteArray()));
            case Double number -> json.append(Double.isFinite(number) ? number.toString() : "null");
            case Float number -> json.append(Float.isFinite(number) ? number.toString() : "null");
            default -> json.append(value); // a whole number or a truth value
        }
    }

    private static void string(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }
}
