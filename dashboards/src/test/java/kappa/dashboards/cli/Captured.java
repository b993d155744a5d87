package kappa.dashboards.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.function.Function;

/**
 * What a thread, and each thread that it starts meanwhile, prints on the standard streams between start and {@link #close}. The
 * other threads print as before: tests run beside each other.
 */
final class Captured implements AutoCloseable {

    private static final InheritableThreadLocal<Captured> CURRENT = new InheritableThreadLocal<>();

    static {
        System.setOut(divided(System.out, captured -> captured.out));
        System.setErr(divided(System.err, captured -> captured.err));
    }

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private Captured() {}

    /** Begins to capture for this thread, which does not capture yet. */
    static Captured start() {
        Captured captured = new Captured();
        CURRENT.set(captured);
        return captured;
    }

    private static PrintStream divided(PrintStream otherwise, Function<Captured, OutputStream> stream) {
        return new PrintStream(new OutputStream() {
            private OutputStream target() {
                Captured captured = CURRENT.get();
                return captured == null ? otherwise : stream.apply(captured);
            }

            @Override
            public void write(int b) throws IOException {
                target().write(b);
            }

            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                target().write(bytes, from, length);
            }

            @Override
            public void flush() throws IOException {
                target().flush();
            }
        }, true, UTF_8);
    }

    String out() {
        return out.toString(UTF_8);
    }

    String err() {
        return err.toString(UTF_8);
    }

    @Override
    public void close() {
        CURRENT.remove();
    }
}
