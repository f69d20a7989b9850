"""What `check --explain` tells of each rule: how it is found, what may mislead, what to do."""


def _paragraphs(text: str) -> str:
    """The text with each paragraph on a line of its own, and empty lines between them."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


_EXPLANATIONS = {
    "wrong-label": """
        Denoisers that never saw the label read the image and its nearest neighbours; what they
        say is weighed against the label by how often, and between which classes, labels go
        wrong in these data. Where another class is likelier than the given one, and the given
        one is wrong with at least the probability of --min-confidence, the label is wrong. Where
        a person has verified another label, the given one is wrong for certain.

        It misleads where the encoder cannot tell two classes apart, where a whole series of
        look-alike images was named wrong, and in classes of few images. A group of findings that
        all have the same two classes is worth a look at the encoder before the labels.

        Look at the image, and write the suggested label if it is right. If the given one is,
        accept the finding with --baseline and --update-baseline. --min-confidence 0.9 reports
        only surer findings, and --min-confidence CLASS=0.9 only those of that given label. With
        --max-wrong-rate 2% single findings no longer fail a batch, and the estimated share of
        wrong labels does; --on says which end of its interval decides.
    """,
    "uncertain-label": """
        The evidence speaks against the label, but not clearly enough for wrong-label: another
        class is likelier but the label is wrong with less than the probability of
        --min-confidence, or the label is likelier wrong than right and no other class
        is likelier.

        Many images are like that by nature: between two classes, of both at once, blurred or cut
        off. A finding says that a person should look, and not that the label is wrong.

        Decide by looking at the image. Where people do not agree either, mend the description of
        the classes. --min-confidence uncertain-label=0.3 leaves out labels that are wrong with a
        smaller probability, --ignore uncertain-label all. As a warning it fails a batch only with
        --fail-on warning or a limit such as --max-findings uncertain-label=50.
    """,
    "unknown-label": """
        The label is none of those that the reference has, so it cannot be weighed against
        anything. The rule exists only where a batch is checked with --reference. The suggested
        label is the class of the reference that the image looks most like.

        A new class that is meant looks the same as a slip of the pen. Where the label is only
        another spelling of a known one, label-variant names that.

        Mend the label, or, if the class is new, label enough images of it, add them to the
        reference and make its workspace again. Until then --level unknown-label=warning lets the
        batch pass, and --max-findings unknown-label=N allows for a few.
    """,
    "label-variant": """
        Two labels that differ only in how they are written: case, spaces, hyphens, underscores,
        characters that cannot be seen, or letters of another script that look the same. A rare
        label that is one slip of the pen away from a common one counts, too. labelfix never joins
        labels by itself, so to it these are two classes. The commoner spelling is suggested;
        with --reference, the one that the reference has. There is one finding for all rows of a
        label.

        Some classes do differ by so little: part-a and part A may be two.

        Write the suggested spelling in all rows. Where both are meant, accept the finding with
        --baseline and --update-baseline, or leave the rule out with --ignore label-variant.
    """,
    "conflicting-duplicate": """
        Two files have the same bytes, or their vectors a cosine similarity of at least
        --near-duplicate, and their labels differ. At most one of the labels can be right. The
        same image in two rows with two labels counts, too, unless a column tells that two
        annotators gave them. With --reference its images count as well. The findings are at the
        rows whose label is not that of the reference or, without one, not the commonest; at all
        of them where no label is.

        To a weak encoder two images may be nearly the same that a person tells apart at once:
        frames of a film, products on a white ground, scanned forms. Same bytes never mislead.

        Look at the images side by side and give them one label; the findings name the others.
        If they are no copies, take a value nearer to 1 for --near-duplicate; with 1 only identical
        vectors count.
    """,
    "near-duplicate": """
        Two files have the same bytes, or their vectors a cosine similarity of at least
        --near-duplicate. With --reference, an image that the reference already has counts, too.
        The first row of such images has no finding, nor has a row that is one of
        conflicting-duplicate or split-leak already.

        Copies teach a model nothing new and make its test look better than it is, but they may
        be meant: frames of a film, images that were augmented, a class drawn more often on
        purpose. A weak encoder takes more images for copies than a person does.

        Keep one of them if the others add nothing. A value nearer to 1 for --near-duplicate
        finds closer copies only. As a warning the rule fails a batch only with
        --fail-on warning or a limit such as --max-findings near-duplicate=5.
    """,
    "split-leak": """
        The same image, or nearly the same one by --near-duplicate, is in two splits, such as
        train and test. A model is then tested on what it was trained on, and its figures are
        better than it is.

        The split is read from the column that --split-column names, or one called split or
        subset; without any there are no findings. Images of one patient, place or film are not
        found unless they look nearly the same, and leak all the same.

        The findings stand at the rows outside the split called train or, where there is none,
        outside the largest. Keep the image in one split only. A value nearer to 1 for
        --near-duplicate finds closer copies only.
    """,
    "off-topic": """
        The image is far out from its neighbours, much farther than other images of the class that
        it looks most like. It may be of no class at all: a screenshot, an empty page, a
        photograph of something else. Where a person answered "none of the classes", that is a
        finding, too, whatever the image looks like.

        The rarest images of a class look like that as well: an odd angle, a night scene, a
        breed with few images. To a weak encoder the whole image counts, with its ground and
        frame, and not what matters in it. What the label says plays no part.

        Look at the image. Take it out if it does not belong there; add more of its kind if it
        does. --baseline keeps what you accepted, and --ignore off-topic leaves the rule out.
    """,
    "unreadable": """
        The file is there but gives no image: it is empty, cut off, damaged, no image at all, too
        large to be decoded safely, of a format that this installation cannot read, or it took
        too long. The message says which. The row was not judged.

        A file that was being written during the check, or a pointer of Git LFS in place of the
        image, is unreadable as well; in CI the latter means that the checkout was made without
        LFS.

        Save or copy the image again from where it came from, or take the row out.
        --max-unreadable 1% lets a batch pass with so many rows whose image cannot be read or is
        not there, and takes them out of --max-findings.
    """,
    "missing-file": """
        The manifest names a file that is not in the image folder. The row was not judged.

        If all rows have the finding, the image folder is another one than the names are relative
        to, or the image column is not the right one: name it with --image-column. Case counts in
        names on most systems, and the ending belongs to the name.

        Mend the name, add the file, or take the row out. --max-unreadable 1% lets a batch pass
        with so many rows whose image cannot be read or is not there, and takes them out of
        --max-findings.
    """,
    "missing-label": """
        The label is empty, or made of spaces alone. NA, null and 0 are labels like any other.
        There was nothing to judge. With --reference, the label that the image looks most like is
        suggested, and how sure that is stands in the message.

        If all rows have the finding, the label column is not the right one: name it with
        --label-column.

        Give the row a label, or take it out. Where rows wait for a label on purpose,
        --ignore missing-label leaves the rule out and --max-findings missing-label=N allows for
        some.
    """,
    "rare-class": """
        The class has fewer images than --rare-class-images, in the batch or, with --reference, in
        the reference. What its images look like cannot be learned from so few, so its labels are
        hardly judged: a wrong one may not be found, and a right one may be taken for wrong.

        It is no mistake of anybody's if the class is rare in truth. Where a rare class stands
        beside a common one of nearly the same name, see label-variant.

        Look at its labels yourself, add images of it, or check the batch against a reference that
        knows the class. --rare-class-images 20 asks for more images, and --ignore rare-class
        leaves the rule out.
    """,
    "noisy-annotator": """
        Where a column tells who gave each label, labelfix estimates for every annotator what
        share of the labels is wrong. It is a finding where even the lower end of the 95 %
        interval is above --max-annotator-wrong-rate, so an annotator of few labels is not
        blamed for chance.

        Annotators who were given the hard images, or a rare class, make more mistakes than
        others as good as they are. The estimate rests on the same evidence as wrong-label, and is
        misled by the same things.

        Look through the annotator's labels, at the classes they mix up, and at the instructions
        they were given, before you talk to them. --annotator-column names the column,
        --max-annotator-wrong-rate 20% allows for more, and --ignore noisy-annotator leaves the
        rule out.
    """,
}

EXPLANATIONS: dict[str, str] = {name: _paragraphs(text) for name, text in _EXPLANATIONS.items()}
"""By the rule's name; paragraphs with an empty line between them."""
