package kappa.ingest.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Makes hostile inputs of valid ones: flips bits, edits what may be a length in any width and byte order (a decimal number or
 * a varint too), cuts, repeats, moves, and splices with another input. Not thread-safe.
 */
final class Mutator {

    /** Where lengths and indices go wrong: around zero, and around the ends of each width. */
    private static final long[] INTERESTING = {0, 1, -1, 2, 7, 8, 16, 32, 63, 64, 100, 127, 128, 255, 256, 511, 512,
        1000,
        1024, 4096, 32_767, 32_768, 65_535, 65_536, 1 << 20, 1 << 24, Integer.MAX_VALUE, Integer.MIN_VALUE,
        0xffff_ffffL, 1L << 32, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE, 0x7ff0_0000_0000_0000L,
        0x7ff8_0000_0000_0000L,
        0x7f80_0000L, 0x7fc0_0000L};

    private static final int MAX_EDITS = 6;
    private static final int MAX_RUN = 64;

    private final Random random;
    private final List<byte[]> tokens;
    private final int maxBytes;

    Mutator(Random random, List<byte[]> tokens, int maxBytes) {
        this.random = random;
        this.tokens = tokens;
        this.maxBytes = maxBytes;
    }

    /** @param other what may be spliced in */
    byte[] mutate(byte[] input, byte[] other) {
        byte[] bytes = input.clone();
        // One edit as often as all others together: most inputs are to get as far as a sound one.
        for (int edits = random.nextBoolean() ? 1 : 1 + random.nextInt(MAX_EDITS); edits > 0; edits--) {
            bytes = edit(bytes, other);
        }
        return bytes.length > maxBytes ? Arrays.copyOf(bytes, maxBytes) : bytes;
    }

    private byte[] edit(byte[] bytes, byte[] other) {
        if (bytes.length == 0) {
            return insert(bytes, 0, piece(other));
        }
        int at = random.nextInt(bytes.length);
        switch (random.nextInt(14)) {
            case 0, 1 -> bytes[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
            case 2 -> bytes[at] = (byte) random.nextInt();
            case 3, 4 -> number(bytes, at, INTERESTING[random.nextInt(INTERESTING.length)], false);
            case 5 -> number(bytes, at, random.nextInt(-16, 17), true);
            case 6 -> {
                return cut(bytes, at, Math.min(bytes.length, at + run()));
            }
            case 7 -> {
                return insert(bytes, at, Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + run())));
            }
            case 8 -> {
                return insert(bytes, at, piece(other));
            }
            case 9 -> {
                return random.nextInt(4) == 0 ? Arrays.copyOf(bytes, at) : decimal(bytes, at);
            }
            case 10 -> {
                return tokens.isEmpty() ? decimal(bytes, at) : token(bytes, at);
            }
            case 11 -> {
                byte[] moved = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + run()));
                byte[] rest = cut(bytes, at, at + moved.length);
                return insert(rest, random.nextInt(rest.length + 1), moved);
            }
            case 12 -> {
                // The first part of one and the last of the other.
                int from = random.nextInt(other.length + 1);
                return insert(Arrays.copyOf(bytes, at), at, Arrays.copyOfRange(other, from, other.length));
            }
            default -> {
                return insert(bytes, at, varint(INTERESTING[random.nextInt(INTERESTING.length)]));
            }
        }
        return bytes;
    }

    /** Short mostly, long now and then. */
    private int run() {
        return 1 + random.nextInt(random.nextInt(8) == 0 ? MAX_RUN * MAX_RUN : MAX_RUN);
    }

    private byte[] piece(byte[] other) {
        if (!tokens.isEmpty() && random.nextBoolean()) {
            return tokens.get(random.nextInt(tokens.size()));
        }
        if (other.length == 0 || random.nextInt(4) == 0) {
            byte[] same = new byte[run()];
            Arrays.fill(same, (byte) random.nextInt());
            return same;
        }
        int from = random.nextInt(other.length);
        return Arrays.copyOfRange(other, from, Math.min(other.length, from + run()));
    }

    /** Writes or adds a number of 1, 2, 4 or 8 bytes. */
    private void number(byte[] bytes, int at, long value, boolean add) {
        int width = 1 << random.nextInt(4);
        if (at + width > bytes.length) {
            return;
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes)
                .order(random.nextInt(3) == 0 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        switch (width) {
            case 1 -> buffer.put(at, (byte) ((add ? buffer.get(at) : 0) + value));
            case 2 -> buffer.putShort(at, (short) ((add ? buffer.getShort(at) : 0) + value));
            case 4 -> buffer.putInt(at, (int) ((add ? buffer.getInt(at) : 0) + value));
            default -> buffer.putLong(at, (add ? buffer.getLong(at) : 0) + value);
        }
    }

    /** Puts another number where a run of digits is, at or after a place. */
    private byte[] decimal(byte[] bytes, int at) {
        int from = at;
        while (from < bytes.length && !digit(bytes[from])) {
            from++;
        }
        int to = from;
        while (to < bytes.length && digit(bytes[to])) {
            to++;
        }
        String number = switch (random.nextInt(6)) {
            case 0 -> "1e" + random.nextInt(400);
            case 1 -> "9".repeat(1 + random.nextInt(30));
            case 2 -> "-1";
            default -> Long.toString(INTERESTING[random.nextInt(INTERESTING.length)]);
        };
        return insert(cut(bytes, from, to), from, number.getBytes(ISO_8859_1));
    }

    private static boolean digit(byte b) {
        return b >= '0' && b <= '9';
    }

    /** A token over, or into, what is there. */
    private byte[] token(byte[] bytes, int at) {
        byte[] token = tokens.get(random.nextInt(tokens.size()));
        return random.nextBoolean()
                ? insert(bytes, at, token)
                : insert(cut(bytes, at, Math.min(bytes.length, at + token.length)), at, token);
    }

    private static byte[] varint(long value) {
        byte[] bytes = new byte[10];
        int length = 0;
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes[length++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[length++] = (byte) rest;
        return Arrays.copyOf(bytes, length);
    }

    private static byte[] cut(byte[] bytes, int from, int to) {
        byte[] out = Arrays.copyOf(bytes, bytes.length - (to - from));
        System.arraycopy(bytes, to, out, from, bytes.length - to);
        return out;
    }

    private byte[] insert(byte[] bytes, int at, byte[] piece) {
        int length = Math.min(piece.length, Math.max(0, maxBytes - bytes.length));
        byte[] out = Arrays.copyOf(bytes, bytes.length + length);
        System.arraycopy(piece, 0, out, at, length);
        System.arraycopy(bytes, at, out, at + length, bytes.length - at);
        return out;
    }
}
