"""Clinical text (病历文本): sections, sentences, mentions, assertion, facts."""
