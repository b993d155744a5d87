package kappa.ingest.recording.matlab;

import java.util.Arrays;
import java.util.List;

/**
 * A variable of a MATLAB file, or a field of a struct in it.
 *
 * @param name as MATLAB writes it: a field of a struct is {@code struct.field}
 * @param type MATLAB's class, such as {@code double} or {@code cell}
 * @param shape extents as MATLAB has them: the first index runs fastest in the file
 * @param problem why it is no array of real numbers and what its owner can do about that; empty if it is one
 */
public record MatlabVariable(String name, String type, int[] shape, String problem) {

    /** Whether it is a full array of real numbers. */
    public boolean numeric() {
        return problem.isEmpty();
    }

    /** For lists, such as {@code counts (uint8 [800, 68, 512])}. */
    public String words() {
        return name + " (" + type + (shape.length == 0 ? "" : " " + Arrays.toString(shape)) + ")";
    }

    static MatlabVariable number(String name, String type, int... shape) {
        return new MatlabVariable(name, type, shape, "");
    }

    static MatlabVariable complex(String name, String type, int... shape) {
        return refused(name, "complex " + type, shape, "is complex", last(name) + " = real(" + name + ")");
    }

    static MatlabVariable sparse(String name, int... shape) {
        return refused(name, "sparse", shape, "is sparse", last(name) + " = full(" + name + ")");
    }

    static MatlabVariable text(String name, int... shape) {
        return refused(name, "char", shape, "is text", last(name) + " = str2double(" + name + ")");
    }

    /** Mostly trials of unequal length. */
    static MatlabVariable cell(String name, int... shape) {
        return refused(name, "cell", shape, "is a cell array",
                "trial_length = cellfun(@(x) size(x, 1), " + name + "(:)); "
                        + last(name) + " = cat(1, " + name + "{:})");
    }

    static MatlabVariable struct(String name, List<String> fields, int... shape) {
        return new MatlabVariable(name, "struct", shape, fields.isEmpty()
                ? "is a struct without fields, expected numbers"
                : "is a struct, expected numbers: name one of its fields, " + name + "."
                        + String.join(", " + name + ".", fields.subList(0, Math.min(fields.size(), 8)))
                        + (fields.size() > 8 ? ", ..." : ""));
    }

    /** Mostly one element for each trial. */
    static MatlabVariable structArray(String name, List<String> fields, int... shape) {
        return refused(name, "struct array", shape, "is a struct array",
                joined(name, fields.isEmpty() ? "FIELD" : fields.getFirst()));
    }

    /** What v7.3 has in place of a struct array. */
    static MatlabVariable fieldOfStructArray(String name, int... shape) {
        return refused(name, "struct array", shape, "is a field of a struct array",
                joined(name.substring(0, name.lastIndexOf('.')), last(name)));
    }

    private static String joined(String struct, String field) {
        return "trial_length = arrayfun(@(s) size(s." + field + ", 1), " + struct + "(:)); " + field + " = cat(1, "
                + struct
                + "." + field + ")";
    }

    /** @param type its class, such as {@code table} */
    static MatlabVariable object(String name, String type, int... shape) {
        String remedy = switch (type) {
            case "table", "timetable" -> last(name) + " = table2array(" + name + ")";
            case "string", "categorical", "duration" -> last(name) + " = double(" + name + ")";
            default -> "a matrix of its numbers, in a variable of its own";
        };
        return refused(name, type, shape, "is an object of the class " + type, remedy);
    }

    private static MatlabVariable refused(String name, String type, int[] shape, String what, String remedy) {
        return new MatlabVariable(name, type, shape, what + ", expected an array of real numbers; save this in MATLAB: "
                + remedy);
    }

    /** A field's own name: what can be assigned to and saved. */
    private static String last(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }
}
