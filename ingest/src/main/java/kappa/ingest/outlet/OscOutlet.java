package kappa.ingest.outlet;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kappa.ingest.InvalidInputException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Open Sound Control 1.0 over UDP, which most programs that make sounds, pictures or stimuli understand. One message is one
 * packet:
 *
 * <ul>
 * <li>{@code /kappa} with the bin (int32, the low 31 bits of its index) and the K latent variables (float32);
 * <li>{@code /kappa/crossing} with the threshold as it was typed (string), the bin (int32) and the variable's value (float32).
 * </ul>
 *
 * <p>Nobody needs to listen. One thread.
 */
public final class OscOutlet implements LatentOutlet {

    private static final Logger LOG = LoggerFactory.getLogger(OscOutlet.class);
    private static final Pattern ADDRESS = Pattern.compile("(?:\\[(.+)\\]|([^:]+)):(\\d{1,5})");
    private static final int ALIGNMENT = 4;

    private final InetSocketAddress address;
    private final DatagramChannel channel;
    private boolean failed;

    /**
     * @param text host and port, such as {@code localhost:9000}
     * @throws InvalidInputException if it is none, or the host is unknown
     */
    public OscOutlet(String text) {
        Matcher form = ADDRESS.matcher(text);
        int port = form.matches() ? Integer.parseInt(form.group(3)) : 0;
        if (port < 1 || port > 65_535) {
            throw new InvalidInputException("--osc is " + text + ", expected HOST:PORT, such as localhost:9000");
        }
        address = new InetSocketAddress(form.group(1) == null ? form.group(2) : form.group(1), port);
        if (address.isUnresolved()) {
            throw new InvalidInputException("--osc is " + text + ": this host is unknown, expected HOST:PORT");
        }
        try {
            channel = DatagramChannel.open();
        } catch (IOException e) {
            throw new InvalidInputException("--osc is " + text + ": no socket can be opened (" + e + ")", e);
        }
    }

    @Override
    public void kappa(long bin, float[] kappa, long hostUnixNs) {
        ByteBuffer message = message("/kappa", ",i" + "f".repeat(kappa.length), Integer.BYTES * (1 + kappa.length));
        message.putInt((int) (bin & Integer.MAX_VALUE));
        for (float value : kappa) {
            message.putFloat(value);
        }
        send(message);
    }

    @Override
    public void crossing(Threshold threshold, long bin, float value, long hostUnixNs) {
        byte[] text = padded(threshold.text());
        send(message("/kappa/crossing", ",sif", text.length + 2 * Integer.BYTES).put(text)
                .putInt((int) (bin & Integer.MAX_VALUE)).putFloat(value));
    }

    private static ByteBuffer message(String path, String types, int arguments) {
        byte[] first = padded(path);
        byte[] second = padded(types);
        return ByteBuffer.allocate(first.length + second.length + arguments).put(first).put(second);
    }

    /** With at least one NUL, to a multiple of four bytes. */
    private static byte[] padded(String text) {
        byte[] bytes = new byte[(text.length() / ALIGNMENT + 1) * ALIGNMENT];
        System.arraycopy(text.getBytes(US_ASCII), 0, bytes, 0, text.length());
        return bytes;
    }

    private void send(ByteBuffer message) {
        try {
            channel.send(message.flip(), address);
        } catch (IOException e) {
            if (!failed) {
                failed = true;
                LOG.warn("OSC messages to {} cannot be sent: {}", address, e.toString());
            }
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.warn("the socket for OSC cannot be closed: {}", e.toString());
        }
    }
}
