package kappa.ingest.session;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import kappa.ingest.wire.Author;
import kappa.ingest.wire.Note;

/** What was noted of a session: the newest {@value #MOST} notes, and what its rig said last. Not thread-safe. */
public final class Notes {

    /** Notes that are kept. */
    public static final int MOST = 200;

    /**
     * One note.
     *
     * @param bin index of the session's newest bin when it was made
     * @param ofRig whether the rig says so, and no person
     */
    public record Noted(long bin, String text, boolean ofRig, long publishedUnixNs) {}

    private final Deque<Noted> notes = new ArrayDeque<>();
    private Noted rig;
    private long revision;

    /** @param note one that passed the checks of its topic */
    void take(Note note) {
        Noted noted = new Noted(note.getBin(), note.getText(), note.getAuthor() == Author.RIG,
                note.getPublishedUnixNs());
        notes.addLast(noted);
        if (notes.size() > MOST) {
            notes.removeFirst();
        }
        rig = noted.ofRig ? noted : rig;
        revision++;
    }

    /** Grows with each note. */
    public long revision() {
        return revision;
    }

    /** In the order in which they came. */
    public List<Noted> all() {
        return List.copyOf(notes);
    }

    /** How the rig says it is, such as "acquisition is stopped". */
    public Optional<String> rigState() {
        return Optional.ofNullable(rig).map(Noted::text);
    }
}
