package kappa.ingest.rig.openephys;

import java.util.Arrays;

/** Characters that can be compared with a string without making one. Not thread-safe. */
final class Text {

    private char[] chars = new char[64];
    private int length;

    void clear() {
        length = 0;
    }

    void set(char[] source, int offset, int count) {
        if (count > chars.length) {
            chars = new char[Math.max(count, 2 * chars.length)];
        }
        System.arraycopy(source, offset, chars, 0, count);
        length = count;
    }

    boolean isEmpty() {
        return length == 0;
    }

    boolean is(String other) {
        if (other.length() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (other.charAt(i) != chars[i]) {
                return false;
            }
        }
        return true;
    }

    /** That of the equal string. */
    int hash() {
        int hash = 0;
        for (int i = 0; i < length; i++) {
            hash = 31 * hash + chars[i];
        }
        return hash;
    }

    @Override
    public String toString() {
        return String.valueOf(Arrays.copyOf(chars, length));
    }
}
