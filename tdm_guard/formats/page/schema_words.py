"""
The words of schema.org that tell works from what is around them (schema.org 29; names as there).

strategy: types and properties are looked up in tables. A type that stands in none of them is no work by itself, but
what bears the code of a work is one whatever its type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tdm_guard.formats.page.html_tokens import names

# Types of works by item type. Those of several kinds at once, or of any, have none: a known type keeps names of
# people from matching declarations for other types.
WORKS: dict[str | None, frozenset[str]] = {
    "musical_work": names("MusicComposition SheetMusic"),
    "sound_recording": names(
        "MusicRecording MusicAlbum MusicRelease AudioObject AudioObjectSnapshot RadioEpisode RadioSeries RadioSeason "
        "RadioClip PodcastEpisode PodcastSeries PodcastSeason"
    ),
    "audiovisual": names(
        "VideoObject VideoObjectSnapshot MusicVideoObject Movie MovieSeries MovieClip TVEpisode TVSeries TVSeason "
        "TVClip"
    ),
    "text": names(
        "Article AdvertiserContentArticle NewsArticle AnalysisNewsArticle AskPublicNewsArticle BackgroundNewsArticle "
        "OpinionNewsArticle ReportageNewsArticle ReviewNewsArticle Report SatiricalArticle ScholarlyArticle "
        "MedicalScholarlyArticle SocialMediaPosting BlogPosting LiveBlogPosting DiscussionForumPosting TechArticle "
        "APIReference Blog Book Chapter Thesis Periodical Newspaper PublicationIssue PublicationVolume BookSeries "
        "Recipe HowTo Review ClaimReview CriticReview MediaReview UserReview Claim Question Legislation Manuscript "
        "Message Quotation ShortStory Play Statement TextObject DigitalDocument TextDigitalDocument Conversation "
        "NoteDigitalDocument Course LearningResource Quiz Guide HealthTopicContent SpecialAnnouncement"
    ),
    "image": names("ImageObject ImageObjectSnapshot Photograph"),
    "artwork": names("VisualArtwork CoverArt ComicCoverArt Painting Drawing Sculpture Poster"),
    None: names(
        "CreativeWork MediaObject Audiobook ComicStory ComicIssue ComicSeries VideoGame VideoGameSeries Game Atlas Map "
        "Collection ArchiveComponent Episode Clip CreativeWorkSeries CreativeWorkSeason 3DModel Dataset WebContent "
        "SoftwareApplication MobileApplication WebApplication SoftwareSourceCode PresentationDigitalDocument "
        "SpreadsheetDigitalDocument"
    ),
}
_TYPES = {name: kind for kind, line in WORKS.items() for name in line}
_GALLERIES = names("MediaGallery ImageGallery VideoGallery")
PAGES = _GALLERIES | names(
    "WebPage AboutPage CheckoutPage CollectionPage ContactPage FAQPage ItemPage MedicalWebPage ProfilePage QAPage "
    "RealEstateListing SearchResultsPage"
)
LISTS = names(
    "ItemList ListItem OfferCatalog DataFeed DataFeedItem MusicPlaylist MusicGroup ProductGroup ProductCollection"
)
SURROUNDINGS = names(
    "Organization Corporation NewsMediaOrganization OnlineBusiness OnlineStore LocalBusiness Store Person WebSite "
    "BreadcrumbList SiteNavigationElement WebPageElement WPHeader WPFooter WPSideBar WPAdBlock Place Event Comment "
    "Answer Brand SearchAction ReadAction Rating AggregateRating"
)

PRESENTING = frozenset(_TYPES) | PAGES  # what is an item as soon as anything is known of it

# What a node is made of or lists, with the item type of what is there if its own type is not known.
PARTS: dict[str, str | None] = {
    "recordingOf": "musical_work", "includedComposition": "musical_work",
    "recordedAs": "sound_recording", "track": "sound_recording", "tracks": "sound_recording",
    "album": "sound_recording", "albums": "sound_recording", "albumRelease": "sound_recording",
    "releaseOf": "sound_recording", "audio": "sound_recording",
    "video": "audiovisual", "trailer": "audiovisual",
    "image": "image", "primaryImageOfPage": "image", "thumbnail": "image",
    "workExample": None, "exampleOfWork": None, "translationOfWork": None, "hasPart": None, "associatedMedia": None,
    "encoding": None, "encodings": None, "episode": None, "episodes": None, "season": None, "seasons": None,
    "containsSeason": None, "itemListElement": None, "item": None, "dataFeedElement": None, "hasVariant": None,
    "offers": None, "itemOffered": None,
}  # fmt: skip
PARTS_OF_PAGES = PARTS | {"mainEntity": None, "about": None}
WHOLES = ("isPartOf", "partOfSeries", "partOfSeason", "inAlbum")
MENTIONS = names(
    "about mentions citation itemReviewed isRelatedTo isSimilarTo isBasedOn isBasedOnUrl relatedLink significantLink "
    "isAccessoryOrSparePartFor isConsumableFor workTranslation musicArrangement"
)
PRESENTED = ("mainEntityOfPage", "review", "reviews", "offers")

# Who has a part in a work: the item key of the name.
PARTIES = {
    **dict.fromkeys(
        names(
            "author creator composer lyricist byArtist performer contributor director directors actor actors musicBy "
            "illustrator translator editor artist colorist inker letterer penciler readBy copyrightHolder creditText"
        ),
        "creator_name",
    ),
    **dict.fromkeys(names("publisher publisherImprint productionCompany producer"), "publisher"),
    "recordLabel": "label",
}


class Sort(NamedTuple):
    """What the types of a node say: whether it is a work, a page, a list or none of interest; its item type."""

    work: bool
    page: bool
    listing: bool
    surrounding: bool
    kind: str | None


def sort(types: Iterable[str]) -> Sort:
    """What a node with these types is; being a work outweighs all else."""
    given = frozenset(types)
    work = not given.isdisjoint(_TYPES)
    page = not work and not given.isdisjoint(PAGES)
    listing = not work and not page and not given.isdisjoint(LISTS)
    surrounding = not (work or page or listing) and not given.isdisjoint(SURROUNDINGS)
    kind = next((_TYPES[name] for name in types if _TYPES.get(name)), None)
    if page and given.isdisjoint(_GALLERIES):
        kind = "text"
    return Sort(work, page, listing, surrounding, kind)
