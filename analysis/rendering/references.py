"""The works that a methods text cites, as text and as BibTeX."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """One work. `authors` as in a reference list; `cited` as inside a text."""

    key: str
    cited: str
    authors: str
    year: int
    title: str
    source: str
    doi: str = ""

    @property
    def link(self) -> str:
        """Where it is found; empty without a DOI."""
        return f"https://doi.org/{self.doi}" if self.doi else ""

    @property
    def text(self) -> str:
        """An entry of a reference list."""
        stop = "" if self.title.endswith("?") else "."
        return (
            f"{self.authors} ({self.year}). {self.title}{stop} {self.source}. {self.link}".strip()
        )

    @property
    def bibtex(self) -> str:
        """A BibTeX entry."""
        fields = {
            "author": self.authors.replace("., & ", ". and ").replace(" & ", " and ")
            .replace("., ", ". and "),
            "year": str(self.year), "title": f"{{{self.title}}}", "howpublished": self.source,
        }  # fmt: skip
        if self.doi:
            fields["doi"] = self.doi
        if self.authors.startswith("International"):
            fields["author"] = f"{{{self.authors}}}"
        inside = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        return f"@misc{{{self.key},\n{inside}\n}}\n"


REFERENCES = {
    reference.key: reference
    for reference in (
        Reference("barr2013", "Barr et al., 2013",
                  "Barr, D. J., Levy, R., Scheepers, C., & Tily, H. J.", 2013,
                  "Random effects structure for confirmatory hypothesis testing: Keep it maximal",
                  "Journal of Memory and Language, 68, 255–278", "10.1016/j.jml.2012.11.001"),
        Reference("judd2012", "Judd et al., 2012", "Judd, C. M., Westfall, J., & Kenny, D. A.",
                  2012, "Treating stimuli as a random factor in social psychology",
                  "Journal of Personality and Social Psychology, 103, 54–69", "10.1037/a0028347"),
        Reference("liddell2018", "Liddell & Kruschke, 2018", "Liddell, T. M., & Kruschke, J. K.",
                  2018, "Analyzing ordinal data with metric models: What could possibly go wrong?",
                  "Journal of Experimental Social Psychology, 79, 328–348",
                  "10.1016/j.jesp.2018.08.009"),
        Reference("liu2017", "Liu et al., 2017",
                  "Liu, Q., Shepherd, B. E., Li, C., & Harrell, F. E.", 2017,
                  "Modeling continuous response variables using ordinal regression",
                  "Statistics in Medicine, 36, 4316–4335", "10.1002/sim.7433"),
        Reference("kuznetsova2017", "Kuznetsova et al., 2017",
                  "Kuznetsova, A., Brockhoff, P. B., & Christensen, R. H. B.", 2017,
                  "lmerTest package: Tests in linear mixed effects models",
                  "Journal of Statistical Software, 82(13)", "10.18637/jss.v082.i13"),
        Reference("clark1973", "Clark, 1973", "Clark, H. H.", 1973,
                  "The language-as-fixed-effect fallacy",
                  "Journal of Verbal Learning and Verbal Behavior, 12, 335–359",
                  "10.1016/S0022-5371(73)80014-3"),
        Reference("holm", "Holm, 1979", "Holm, S.", 1979,
                  "A simple sequentially rejective multiple test procedure",
                  "Scandinavian Journal of Statistics, 6, 65–70"),
        Reference("hochberg", "Hochberg, 1988", "Hochberg, Y.", 1988,
                  "A sharper Bonferroni procedure for multiple tests of significance",
                  "Biometrika, 75, 800–802", "10.1093/biomet/75.4.800"),
        Reference("dunnett", "Dunnett, 1955", "Dunnett, C. W.", 1955,
                  "A multiple comparison procedure for comparing several treatments with a control",
                  "Journal of the American Statistical Association, 50, 1096–1121",
                  "10.1080/01621459.1955.10501294"),
        Reference("benjamini-hochberg", "Benjamini & Hochberg, 1995",
                  "Benjamini, Y., & Hochberg, Y.", 1995,
                  "Controlling the false discovery rate: A practical and powerful approach to "
                  "multiple testing",
                  "Journal of the Royal Statistical Society B, 57, 289–300",
                  "10.1111/j.2517-6161.1995.tb02031.x"),
        Reference("owen2007", "Owen, 2007", "Owen, A. B.", 2007, "The pigeonhole bootstrap",
                  "Annals of Applied Statistics, 1, 386–411", "10.1214/07-AOAS122"),
        Reference("schuirmann1987", "Schuirmann, 1987", "Schuirmann, D. J.", 1987,
                  "A comparison of the two one-sided tests procedure and the power approach for "
                  "assessing the equivalence of average bioavailability",
                  "Journal of Pharmacokinetics and Biopharmaceutics, 15, 657–680",
                  "10.1007/BF01068419"),
        Reference("page1963", "Page, 1963", "Page, E. B.", 1963,
                  "Ordered hypotheses for multiple treatments: A significance test for linear "
                  "ranks",
                  "Journal of the American Statistical Association, 58, 216–230",
                  "10.1080/01621459.1963.10500843"),
        Reference("bs1534", "ITU-R BS.1534-3", "International Telecommunication Union", 2015,
                  "Recommendation ITU-R BS.1534-3: Method for the subjective assessment of "
                  "intermediate quality level of audio systems", "ITU, Geneva"),
        Reference("p1401", "ITU-T P.1401", "International Telecommunication Union", 2020,
                  "Recommendation ITU-T P.1401: Methods, metrics and procedures for statistical "
                  "evaluation, qualification and comparison of objective quality prediction models",
                  "ITU, Geneva"),
    )
}  # fmt: skip
