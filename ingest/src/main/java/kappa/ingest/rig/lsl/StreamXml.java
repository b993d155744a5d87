package kappa.ingest.rig.lsl;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import javax.xml.xpath.XPathFactoryConfigurationException;
import kappa.ingest.InvalidInputException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * What a stream says of itself, in XML: liblsl sends it, and LabRecorder keeps it in a file. It may come from anywhere, so that
 * nothing in it can make this process read anything else. One thread.
 */
public final class StreamXml {

    private final Document document;

    private StreamXml(Document document) {
        this.document = document;
    }

    /** Empty if the text is no XML. */
    public static Optional<StreamXml> parse(String xml) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            var builder = factory.newDocumentBuilder();
            builder.setErrorHandler(null);
            return Optional.of(new StreamXml(builder.parse(new InputSource(new StringReader(xml)))));
        } catch (SAXException | IOException e) {
            return Optional.empty();
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The text of a child of the root; empty if there is none. */
    public String text(String name) {
        for (Node node = document.getDocumentElement().getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && element.getTagName().equals(name)) {
                return element.getTextContent().strip();
            }
        }
        return "";
    }

    /** The same as a number; NaN if it is none. */
    public double number(String name) {
        try {
            return Double.parseDouble(text(name));
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /**
     * The channels' labels, at info/desc/channels/channel/label as the XDF wiki lays it down.
     *
     * @return as many as there are channels, or none where the description does not give each its own
     */
    public List<String> labels(int channels) {
        List<String> labels = labels();
        return labels.size() == channels && labels.stream().distinct().count() == channels ? labels : List.of();
    }

    /** All labels there are; none is blank. */
    List<String> labels() {
        List<String> labels = new ArrayList<>();
        NodeList channels = document.getElementsByTagName("channel");
        for (int i = 0; i < channels.getLength(); i++) {
            NodeList label = ((Element) channels.item(i)).getElementsByTagName("label");
            String text = label.getLength() == 0 ? "" : label.item(0).getTextContent().strip();
            if (!text.isEmpty()) {
                labels.add(text);
            }
        }
        return labels;
    }

    /**
     * Whether a predicate holds of the stream, as liblsl would resolve it.
     *
     * @param predicate XPath such as {@code type='EEG' and hostname='rig'}
     * @param option what it was typed after, for messages
     * @throws InvalidInputException if it is no XPath
     */
    public boolean fits(String predicate, String option) {
        try {
            XPathFactory factory = XPathFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            return (Boolean) factory.newXPath().evaluate("boolean(/info[" + predicate + "])", document,
                    XPathConstants.BOOLEAN);
        } catch (XPathExpressionException e) {
            throw new InvalidInputException(option + " is " + predicate
                    + ", expected a name, or an XPath predicate such as name='EEG' and type='EEG'", e);
        } catch (XPathFactoryConfigurationException e) {
            throw new IllegalStateException(e);
        }
    }
}
