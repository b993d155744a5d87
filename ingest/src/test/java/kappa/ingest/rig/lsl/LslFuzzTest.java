package kappa.ingest.rig.lsl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import kappa.ingest.fuzz.Fuzzer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Descriptions of streams, which come from the network as XML. */
@Isolated("the memory of the whole process is measured")
class LslFuzzTest {

    private static final int INPUTS_IN_CI = 2_000;
    private static final long MAX_ALLOCATED = 64L << 20;
    private static final String INFO = "<?xml version=\"1.0\"?><info><name>EEG</name><desc><channels>"
            + "<channel><label>Fp1</label><unit>uV</unit></channel><channel><label>Fp2</label></channel>"
            + "</channels></desc></info>";

    @Test
    void shouldReadTheLabelsOfAnyDescriptionOrNone() {
        Fuzzer.Report report = new Fuzzer("lsl descriptions", MAX_ALLOCATED).seed(INFO.getBytes(UTF_8))
                .tokens("<channel>", "</channel>", "<label>", "</label>", "<![CDATA[", "]]>", "&amp;", "&#x0;",
                        "&#1114112;",
                        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>", "&b;",
                        "<?xml encoding=\"UTF-16\"?>",
                        "<!--", "-->", "xmlns:a=\"b\"")
                .once("<a>".repeat(100_000).getBytes(UTF_8))
                .once(("<info>" + "<label>".repeat(20_000) + "</label>".repeat(20_000) + "</info>").getBytes(UTF_8))
                .once(("<channel><label>" + "<a>".repeat(20_000) + "x" + "</a>".repeat(20_000) + "</label></channel>")
                        .getBytes(UTF_8))
                .once(("<channel>".repeat(20_000) + "</channel>".repeat(20_000)).getBytes(UTF_8))
                .once(("<i>" + "<channel/>".repeat(100_000) + "</i>").getBytes(UTF_8))
                .once(("<i>" + "<channel><label>x</label></channel>".repeat(30_000) + "</i>").getBytes(UTF_8))
                .once(("<i " + "a=\"b\" ".repeat(20_000) + "/>").getBytes(UTF_8)).run(INPUTS_IN_CI, bytes -> {
                    List<String> labels = StreamXml.parse(new String(bytes, UTF_8)).map(StreamXml::labels)
                            .orElse(List.of());
                    assertThat(labels).noneMatch(String::isBlank);
                    return labels.isEmpty() ? "none" : null;
                });
        assertThat(report.accepted()).isPositive();
    }
}
