"""Tells sentences that give orders to an assistant from those that state something; pure."""

from __future__ import annotations

import re

# What is addressed to whoever writes the answer, not to who reads the document.
_ORDER = re.compile(
    r"""(?:^|\b)(?:
      (?:ignore|disregard|forget|override|bypass|skip)\b[^.!?]{0,40}\b
        (?:instruct\w+|rules?|prompts?|told|said|says|above|previous\w*|prior|guidelines?|context
        |orders?|questions?)
    | (?:system|hidden|secret)\s(?:prompt|instructions?|message|note)
    | as\san?\s(?:ai|a\.i\.|language\smodel|llm|assistant|chat\s?bot)\b(?!\s(?:action|summit))
    | (?:dear|attention|(?:note|notice|message|instructions?)\s(?:to|for))[,:]?
        \s(?:the\s|all\s|any\s)?
        (?:ais?|ai\sassistants?|language\smodels?|llms?|assistants?|chat\s?bots?|models?)\b
    | if\syou\sare\san?\s(?:ai|language\smodel|llm|assistant|chat\s?bot|model)
    | you\s(?:must|should|will|shall|are\sto|need\sto)\s(?:now\s|always\s|only\s|instead\s|not\s)*
        (?:reply|respond|answer|say|state|tell|write|print|output|report|ignore|add|include|mention
        |reveal|repeat|act|pretend|follow|obey|recommend)
    | (?:the|this|any)\s(?:ai\s)?(?:assistant|chat\s?bot|language\smodel|llm)\s
        (?:must|should|will|shall|has\sto|is\sto)
    | (?:your|the)\snew\s(?:task|role|instructions?|goal|job)\s(?:is|are)
    | (?:when|whenever|before|while)\s
        (?:you\s(?:answer|reply|respond)|answering|replying|responding)
    | (?:in|to|into|from|of|modify|change|begin|start|end|finish)\s(?:your|the)\s
        (?:answer|reply|response|output|summary)\b
    | (?:^|[,;:.“"]\s?|\b(?:please|and|then|now|just|to)\s)(?:say|print|output|repeat|write)\s
        (?:the\s(?:words?|phrase|sentence|following)|only|nothing|that\b)
    | (?:include|add|append|insert|integrate)\s
        (?:the\sfollowing|a\s(?:sentence|link|statement|reminder))
    | your\s(?:answer|reply|response|output|message|summary|final\s\w+)s?\b
    | (?:tell|inform|convince|persuade|warn)\s(?:the|every|all|your|any)?\s?
        (?:users?|readers?|visitors?|everyone|everybody|anyone|people\sthat|whoever)\b
    | (?:hey|hello|hi|ok|okay|psst),?\s(?:ais?|assistant|chat\s?bot|bot|gpt|claude|llm|model)\b
    | (?:ais?|assistants?|chat\s?bots?|bots?|language\smodels?|llms?)\s
        (?:that\s(?:is\s|are\s)?|which\s|who\s)?(?:read|summari[sz]|process|pars|index|crawl)\w*\s(?:this|these|the|it)\b
    | (?:when|while|before|after|if)\s(?:you\s)?(?:are\s)?(?:summari[sz]|translat|process|quot)\w*\b
    | (?:new|updated?|revised|urgent|special|additional)\s(?:system\s)?instructions?\b
    | (?:^|[,;:]\s)(?:claim|pretend|assert|announce|declare|reply|respond|answer|recommend)\s
        (?:that|with|only|as\sif)\b
    | (?:do\snot|don't|never)\s(?:mention|reveal|tell|say|disclose|answer)\b
    | from\snow\son,?\syou
    | you\sare\snow\b
    | (?:begin|start|end|finish)\s(?:each|every|all)\s(?:answers?|repl(?:y|ies)|responses?)\b
    | (?:jailbreak|developer\smode|do\sanything\snow)
    | (?:^|:\s)cite\s(?:the\s)?(?:document|source)\b
    | (?:^|[:;]\s)the\s(?:real|right|only|true)\sanswer\sis\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_ORDER_IN_FRENCH = re.compile(
    r"""\b(?:
      (?:ignor|oubli|néglig|contourn)(?:e|es|er|ez)\b[^.!?]{0,40}\b
        (?:instructions?|consignes?|règles?|questions?|précéd\w+|contexte)
    | (?:tu\ses|vous\sêtes)\s(?:désormais|maintenant|à\sprésent)
    | (?:invite|message|instructions?|consignes?)\s(?:du\s)?système
    | (?:révèle|révélez|dévoile|dévoilez)\s(?:ton|ta|tes|votre|vos)\b
    | (?:ta|votre|chaque)\sréponse\b
    | à\spartir\sde\smaintenant,?\s(?:tu|vous|\w+(?:e|ez)\b)
    | l[’']assistant\s(?:doit|devra|va)\b
    | (?:note|message|instructions?|consignes?)\s(?:aux?|pour\sles?)\s
        (?:assistants?|ia|intelligences?\sartificielles?|modèles?|robots?)\b
    | (?:dis|dites|demande|demandez)\s(?:à\sl[’']|aux?\s)(?:utilisateurs?|lecteurs?|visiteurs?)
    | (?:écris|écrivez|réponds|répondez|affiche|affichez|répète|répétez)\s
        (?:seulement|uniquement|toujours|la\sphrase|que\b|rien)
    | (?:cite|citez)\s(?:le\sdocument|la\ssource)
    | comme\ssource\s\[
    | nouvelles\s(?:instructions|consignes)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_MARKUP = re.compile(
    r"<\|?(?:system|assistant|user|im_start|inst)\b|\[/?(?:INST|SYSTEM|SYSTÈME)\]"
    r"|\#\#\#\s?(?:system|assistant|user|utilisateur)\b",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(r":\s*$|\b(?:following|next|below)\b", re.IGNORECASE)


def gives_orders(sentence: str) -> bool:
    """Whether a sentence tells an assistant what to do or to say."""
    return any(each.search(sentence) for each in (_ORDER, _ORDER_IN_FRENCH, _MARKUP))


def goes_on(order: str, sentence: str) -> bool:
    """Whether an order hands over to the sentence behind it, which then is part of the order.

    So it is where the splitter took the dot of an address for a full stop.
    """
    return bool(_ANNOUNCES.search(order)) or sentence[:1].islower()
