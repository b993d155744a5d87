package kappa.ingest.rig.intan;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kappa.ingest.InvalidInputException;

/**
 * RHX's command port. Commands are texts that end with a semicolon; an answer is a text without any end, and {@code set} and
 * {@code execute} answer only when they fail. RHX serves one client, and listens again only after somebody presses "Connect" in
 * its window: this one keeps its connection as long as it can.
 *
 * <p>Not thread-safe.
 */
final class IntanCommands implements AutoCloseable {

    private static final int CONNECT_MS = 2000;
    private static final int ANSWER_MS = 2000;

    /** The answer to the second command says where that to the first one ends. */
    private static final String ASK = "get SampleRateHertz;get RunMode;";
    private static final Pattern ANSWER = Pattern
            .compile("Return: SampleRateHertz (\\d+(?:\\.\\d+)?)\\s*Return: RunMode (?:Run|Record|Trigger|Stop)");

    /** How RHX writes 10 000 / 3 Hz. */
    private static final double THIRD = 3333;

    private final String address;
    private final Socket socket;

    /** @throws IOException if nobody listens there */
    IntanCommands(String host, int port) throws IOException {
        address = host + ":" + port;
        socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(host, port), CONNECT_MS);
            socket.setTcpNoDelay(true);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private void send(String commands) throws IOException {
        socket.getOutputStream().write(commands.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    /** Samples in a second. */
    double sampleRate() throws IOException {
        send(ASK);
        StringBuilder answer = new StringBuilder();
        byte[] bytes = new byte[4096];
        long end = System.nanoTime() + ANSWER_MS * 1_000_000L;
        while (true) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw unexpected(answer);
            }
            socket.setSoTimeout((int) left);
            int count;
            try {
                count = socket.getInputStream().read(bytes);
            } catch (SocketTimeoutException e) {
                throw unexpected(answer);
            }
            if (count < 0) {
                throw new IOException("RHX closed its command port");
            }
            answer.append(new String(bytes, 0, count, StandardCharsets.ISO_8859_1));
            Matcher matcher = ANSWER.matcher(answer);
            if (matcher.find()) {
                double rate = Double.parseDouble(matcher.group(1));
                return rate == THIRD ? 1e4 / 3 : rate;
            }
            if (answer.length() > 65_536) {
                throw unexpected(answer);
            }
        }
    }

    private IOException unexpected(StringBuilder answer) {
        return new IOException("command port " + address + " answered \"" + answer
                + "\" to \"" + ASK + "\", expected Return: SampleRateHertz ...Return: RunMode ...");
    }

    /** Has RHX send the spikes of channels such as A-013; an error is told with the next {@link #sampleRate}. */
    void sendSpikesOf(List<String> channels) throws IOException {
        for (String channel : channels) {
            if (!channel.matches("[A-Z]-\\d{3}")) {
                throw new InvalidInputException("--channels has " + channel + ", expected native names such as A-013");
            }
            send("set " + channel + ".TCPDataOutputEnabledSpike true;");
        }
    }

    /** Has RHX listen on its spike port, as it does after each connection only when it is told. */
    void listenForSpikeReader() throws IOException {
        send("execute ConnectTCPSpikeDataOutput;");
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // Nothing is left to be sent.
        }
    }
}
